/**
 * Hrana 3 over WebSocket in Protobuf, as a server needs it: client messages are decoded, server messages encoded.
 *
 * @module
 */
import { create, toBinary } from '@bufbuild/protobuf';

import {
  BatchRespSchema,
  type ClientMsg as WireClientMsg,
  ClientMsgSchema,
  CloseCursorRespSchema,
  CloseSqlRespSchema,
  CloseStreamRespSchema,
  DescribeRespSchema,
  ExecuteRespSchema,
  FetchCursorRespSchema,
  GetAutocommitRespSchema,
  HelloErrorMsgSchema,
  HelloOkMsgSchema,
  OpenCursorRespSchema,
  OpenStreamRespSchema,
  type RequestMsg as WireRequestMsg,
  ResponseErrorMsgSchema,
  type ResponseOkMsg as WireResponseOkMsg,
  ResponseOkMsgSchema,
  SequenceRespSchema,
  type ServerMsg as WireServerMsg,
  ServerMsgSchema,
  StoreSqlRespSchema,
} from '../gen/hrana/ws_pb.ts';
import { readMessage, unrecognized } from '../protobuf/read.ts';
import { decodeBatch, decodeSqlSource, decodeStmt } from '../shared/protobuf-decode.ts';
import {
  encodeBatchResult,
  encodeCursorEntry,
  encodeDescribeResult,
  encodeError,
  encodeStmtResult,
} from '../shared/protobuf-encode.ts';
import type { ClientMsg, Request, Response, ServerMsg } from './proto.ts';

/** One binary frame. Blobs in the result are views of `data`. Throws HranaDecodeError. */
export function decodeClientMsg(data: Uint8Array): ClientMsg {
  return readMessage(ClientMsgSchema, data, 'client', decodeMsg);
}

function decodeMsg({ msg }: WireClientMsg): ClientMsg {
  switch (msg.case) {
    case 'hello':
      return { type: 'hello', jwt: msg.value.jwt ?? null };
    case 'request':
      return { type: 'request', requestId: msg.value.requestId, request: decodeRequest(msg.value) };
    case undefined:
      throw unrecognized('ClientMsg');
  }
}

function decodeRequest({ request }: WireRequestMsg): Request {
  switch (request.case) {
    case 'openStream':
      return { type: 'open_stream', streamId: request.value.streamId };
    case 'closeStream':
      return { type: 'close_stream', streamId: request.value.streamId };
    case 'execute':
      return { type: 'execute', streamId: request.value.streamId, stmt: decodeStmt(request.value.stmt) };
    case 'batch':
      return { type: 'batch', streamId: request.value.streamId, batch: decodeBatch(request.value.batch) };
    case 'openCursor':
      return {
        type: 'open_cursor',
        streamId: request.value.streamId,
        cursorId: request.value.cursorId,
        batch: decodeBatch(request.value.batch),
      };
    case 'closeCursor':
      return { type: 'close_cursor', cursorId: request.value.cursorId };
    case 'fetchCursor':
      return { type: 'fetch_cursor', cursorId: request.value.cursorId, maxCount: request.value.maxCount };
    case 'sequence':
    case 'describe':
      return { type: request.case, streamId: request.value.streamId, source: decodeSqlSource(request.value) };
    case 'storeSql':
      return { type: 'store_sql', sqlId: request.value.sqlId, sql: request.value.sql };
    case 'closeSql':
      return { type: 'close_sql', sqlId: request.value.sqlId };
    case 'getAutocommit':
      return { type: 'get_autocommit', streamId: request.value.streamId };
    case undefined:
      throw unrecognized('Request');
  }
}

export function encodeServerMsg(msg: ServerMsg): Uint8Array {
  return toBinary(ServerMsgSchema, create(ServerMsgSchema, { msg: encodeMsg(msg) }));
}

function encodeMsg(msg: ServerMsg): WireServerMsg['msg'] {
  switch (msg.type) {
    case 'hello_ok':
      return { case: 'helloOk', value: create(HelloOkMsgSchema) };
    case 'hello_error':
      return { case: 'helloError', value: create(HelloErrorMsgSchema, { error: encodeError(msg.error) }) };
    case 'response_ok':
      return {
        case: 'responseOk',
        value: create(ResponseOkMsgSchema, { requestId: msg.requestId, response: encodeResponse(msg.response) }),
      };
    case 'response_error':
      return {
        case: 'responseError',
        value: create(ResponseErrorMsgSchema, { requestId: msg.requestId, error: encodeError(msg.error) }),
      };
  }
}

function encodeResponse(response: Response): WireResponseOkMsg['response'] {
  switch (response.type) {
    case 'open_stream':
      return { case: 'openStream', value: create(OpenStreamRespSchema) };
    case 'close_stream':
      return { case: 'closeStream', value: create(CloseStreamRespSchema) };
    case 'execute':
      return { case: 'execute', value: create(ExecuteRespSchema, { result: encodeStmtResult(response.result) }) };
    case 'batch':
      return { case: 'batch', value: create(BatchRespSchema, { result: encodeBatchResult(response.result) }) };
    case 'open_cursor':
      return { case: 'openCursor', value: create(OpenCursorRespSchema) };
    case 'close_cursor':
      return { case: 'closeCursor', value: create(CloseCursorRespSchema) };
    case 'fetch_cursor':
      return {
        case: 'fetchCursor',
        value: create(FetchCursorRespSchema, {
          entries: response.entries.map(encodeCursorEntry),
          done: response.done,
        }),
      };
    case 'sequence':
      return { case: 'sequence', value: create(SequenceRespSchema) };
    case 'describe':
      return { case: 'describe', value: create(DescribeRespSchema, { result: encodeDescribeResult(response.result) }) };
    case 'store_sql':
      return { case: 'storeSql', value: create(StoreSqlRespSchema) };
    case 'close_sql':
      return { case: 'closeSql', value: create(CloseSqlRespSchema) };
    case 'get_autocommit':
      return {
        case: 'getAutocommit',
        value: create(GetAutocommitRespSchema, { isAutocommit: response.isAutocommit }),
      };
  }
}
