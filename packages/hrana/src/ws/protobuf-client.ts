/**
 * Hrana 3 over WebSocket in Protobuf, as a client needs it: client messages are encoded, server messages decoded.
 *
 * @module
 */
import { create, toBinary } from '@bufbuild/protobuf';

import {
  BatchReqSchema,
  type ClientMsg as WireClientMsg,
  ClientMsgSchema,
  CloseCursorReqSchema,
  CloseSqlReqSchema,
  CloseStreamReqSchema,
  DescribeReqSchema,
  ExecuteReqSchema,
  FetchCursorReqSchema,
  GetAutocommitReqSchema,
  HelloMsgSchema,
  OpenCursorReqSchema,
  OpenStreamReqSchema,
  type RequestMsg as WireRequestMsg,
  RequestMsgSchema,
  type ResponseOkMsg as WireResponseOkMsg,
  SequenceReqSchema,
  type ServerMsg as WireServerMsg,
  ServerMsgSchema,
  StoreSqlReqSchema,
} from '../gen/hrana/ws_pb.ts';
import { limit, readMessage, unrecognized } from '../protobuf/read.ts';
import { MAX_ROWS } from '../shared/limits.ts';
import {
  decodeBatchResult,
  decodeCursorEntry,
  decodeDescribeResult,
  decodeError,
  decodeStmtResult,
  encodeBatch,
  encodeStmt,
} from '../shared/protobuf-client.ts';
import type { ClientMsg, Request, Response, ServerMsg } from './proto.ts';

export function encodeClientMsg(msg: ClientMsg): Uint8Array {
  return toBinary(ClientMsgSchema, create(ClientMsgSchema, { msg: encodeMsg(msg) }));
}

function encodeMsg(msg: ClientMsg): WireClientMsg['msg'] {
  return msg.type === 'hello'
    ? { case: 'hello', value: create(HelloMsgSchema, { jwt: msg.jwt ?? undefined }) }
    : {
        case: 'request',
        value: create(RequestMsgSchema, { requestId: msg.requestId, request: encodeRequest(msg.request) }),
      };
}

function encodeRequest(request: Request): WireRequestMsg['request'] {
  switch (request.type) {
    case 'open_stream':
      return { case: 'openStream', value: create(OpenStreamReqSchema, { streamId: request.streamId }) };
    case 'close_stream':
      return { case: 'closeStream', value: create(CloseStreamReqSchema, { streamId: request.streamId }) };
    case 'execute':
      return {
        case: 'execute',
        value: create(ExecuteReqSchema, { streamId: request.streamId, stmt: encodeStmt(request.stmt) }),
      };
    case 'batch':
      return {
        case: 'batch',
        value: create(BatchReqSchema, { streamId: request.streamId, batch: encodeBatch(request.batch) }),
      };
    case 'open_cursor':
      return {
        case: 'openCursor',
        value: create(OpenCursorReqSchema, {
          streamId: request.streamId,
          cursorId: request.cursorId,
          batch: encodeBatch(request.batch),
        }),
      };
    case 'close_cursor':
      return { case: 'closeCursor', value: create(CloseCursorReqSchema, { cursorId: request.cursorId }) };
    case 'fetch_cursor':
      return {
        case: 'fetchCursor',
        value: create(FetchCursorReqSchema, { cursorId: request.cursorId, maxCount: request.maxCount }),
      };
    case 'sequence':
      return {
        case: 'sequence',
        value: create(SequenceReqSchema, { streamId: request.streamId, ...request.source }),
      };
    case 'describe':
      return {
        case: 'describe',
        value: create(DescribeReqSchema, { streamId: request.streamId, ...request.source }),
      };
    case 'store_sql':
      return { case: 'storeSql', value: create(StoreSqlReqSchema, { sqlId: request.sqlId, sql: request.sql }) };
    case 'close_sql':
      return { case: 'closeSql', value: create(CloseSqlReqSchema, { sqlId: request.sqlId }) };
    case 'get_autocommit':
      return { case: 'getAutocommit', value: create(GetAutocommitReqSchema, { streamId: request.streamId }) };
  }
}

/** One binary frame. Throws HranaDecodeError. */
export function decodeServerMsg(data: Uint8Array): ServerMsg {
  return readMessage(ServerMsgSchema, data, 'server', decodeMsg);
}

function decodeMsg({ msg }: WireServerMsg): ServerMsg {
  switch (msg.case) {
    case 'helloOk':
      return { type: 'hello_ok' };
    case 'helloError':
      return { type: 'hello_error', error: decodeError(msg.value.error) };
    case 'responseOk':
      return { type: 'response_ok', requestId: msg.value.requestId, response: decodeResponse(msg.value) };
    case 'responseError':
      return { type: 'response_error', requestId: msg.value.requestId, error: decodeError(msg.value.error) };
    case undefined:
      throw unrecognized('ServerMsg');
  }
}

function decodeResponse({ response }: WireResponseOkMsg): Response {
  switch (response.case) {
    case 'openStream':
      return { type: 'open_stream' };
    case 'closeStream':
      return { type: 'close_stream' };
    case 'execute':
      return { type: 'execute', result: decodeStmtResult(response.value.result) };
    case 'batch':
      return { type: 'batch', result: decodeBatchResult(response.value.result) };
    case 'openCursor':
      return { type: 'open_cursor' };
    case 'closeCursor':
      return { type: 'close_cursor' };
    case 'fetchCursor':
      return {
        type: 'fetch_cursor',
        entries: limit(response.value.entries, MAX_ROWS, 'entries').map(decodeCursorEntry),
        done: response.value.done,
      };
    case 'sequence':
      return { type: 'sequence' };
    case 'describe':
      return { type: 'describe', result: decodeDescribeResult(response.value.result) };
    case 'storeSql':
      return { type: 'store_sql' };
    case 'closeSql':
      return { type: 'close_sql' };
    case 'getAutocommit':
      return { type: 'get_autocommit', isAutocommit: response.value.isAutocommit };
    case undefined:
      throw unrecognized('Response');
  }
}
