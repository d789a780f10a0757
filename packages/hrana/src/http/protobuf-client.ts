/**
 * Hrana 3 over HTTP in Protobuf, as a client needs it: requests are encoded, responses decoded.
 *
 * @module
 */
import { create, toBinary } from '@bufbuild/protobuf';

import {
  BatchStreamReqSchema,
  CloseSqlStreamReqSchema,
  CloseStreamReqSchema,
  CursorReqBodySchema,
  CursorRespBodySchema,
  DescribeStreamReqSchema,
  ExecuteStreamReqSchema,
  GetAutocommitStreamReqSchema,
  PipelineReqBodySchema,
  PipelineRespBodySchema,
  SequenceStreamReqSchema,
  StoreSqlStreamReqSchema,
  type StreamRequest as WireStreamRequest,
  StreamRequestSchema,
  type StreamResponse as WireStreamResponse,
  type StreamResult as WireStreamResult,
} from '../gen/hrana/http_pb.ts';
import { CursorEntrySchema } from '../gen/hrana/shared_pb.ts';
import { limit, readMessage, unrecognized } from '../protobuf/read.ts';
import { MAX_REQUESTS } from '../shared/limits.ts';
import type { CursorEntry } from '../shared/proto.ts';
import {
  decodeBatchResult,
  decodeCursorEntry as decodeEntry,
  decodeDescribeResult,
  decodeError,
  decodeStmtResult,
  encodeBatch,
  encodeStmt,
} from '../shared/protobuf-client.ts';
import type {
  CursorRequest,
  CursorResponse,
  PipelineRequest,
  PipelineResponse,
  StreamRequest,
  StreamResponse,
  StreamResult,
} from './proto.ts';

export function encodePipelineRequest(request: PipelineRequest): Uint8Array {
  return toBinary(
    PipelineReqBodySchema,
    create(PipelineReqBodySchema, {
      baton: request.baton ?? undefined,
      requests: request.requests.map((one) => create(StreamRequestSchema, { request: encodeStreamRequest(one) })),
    }),
  );
}

function encodeStreamRequest(request: StreamRequest): WireStreamRequest['request'] {
  switch (request.type) {
    case 'close':
      return { case: 'close', value: create(CloseStreamReqSchema) };
    case 'execute':
      return { case: 'execute', value: create(ExecuteStreamReqSchema, { stmt: encodeStmt(request.stmt) }) };
    case 'batch':
      return { case: 'batch', value: create(BatchStreamReqSchema, { batch: encodeBatch(request.batch) }) };
    case 'sequence':
      return { case: 'sequence', value: create(SequenceStreamReqSchema, request.source) };
    case 'describe':
      return { case: 'describe', value: create(DescribeStreamReqSchema, request.source) };
    case 'store_sql':
      return { case: 'storeSql', value: create(StoreSqlStreamReqSchema, { sqlId: request.sqlId, sql: request.sql }) };
    case 'close_sql':
      return { case: 'closeSql', value: create(CloseSqlStreamReqSchema, { sqlId: request.sqlId }) };
    case 'get_autocommit':
      return { case: 'getAutocommit', value: create(GetAutocommitStreamReqSchema) };
  }
}

/** Throws HranaDecodeError. */
export function decodePipelineResponse(body: Uint8Array): PipelineResponse {
  return readMessage(PipelineRespBodySchema, body, 'server', (from) => ({
    baton: from.baton ?? null,
    baseUrl: from.baseUrl ?? null,
    results: limit(from.results, MAX_REQUESTS, 'results').map(decodeStreamResult),
  }));
}

function decodeStreamResult({ result }: WireStreamResult): StreamResult {
  switch (result.case) {
    case 'ok':
      return { type: 'ok', response: decodeStreamResponse(result.value) };
    case 'error':
      return { type: 'error', error: decodeError(result.value) };
    case undefined:
      throw unrecognized('StreamResult');
  }
}

function decodeStreamResponse({ response }: WireStreamResponse): StreamResponse {
  switch (response.case) {
    case 'execute':
      return { type: 'execute', result: decodeStmtResult(response.value.result) };
    case 'batch':
      return { type: 'batch', result: decodeBatchResult(response.value.result) };
    case 'describe':
      return { type: 'describe', result: decodeDescribeResult(response.value.result) };
    case 'close':
    case 'sequence':
      return { type: response.case };
    case 'storeSql':
      return { type: 'store_sql' };
    case 'closeSql':
      return { type: 'close_sql' };
    case 'getAutocommit':
      return { type: 'get_autocommit', isAutocommit: response.value.isAutocommit };
    case undefined:
      throw unrecognized('StreamResponse');
  }
}

export function encodeCursorRequest(request: CursorRequest): Uint8Array {
  return toBinary(
    CursorReqBodySchema,
    create(CursorReqBodySchema, { baton: request.baton ?? undefined, batch: encodeBatch(request.batch) }),
  );
}

/** First message of a cursor's body, without the length before it. Throws HranaDecodeError. */
export function decodeCursorResponse(message: Uint8Array): CursorResponse {
  return readMessage(CursorRespBodySchema, message, 'server', (from) => ({
    baton: from.baton ?? null,
    baseUrl: from.baseUrl ?? null,
  }));
}

/** One of the messages that follow, without the length before it. Throws HranaDecodeError. */
export function decodeCursorEntry(message: Uint8Array): CursorEntry {
  return readMessage(CursorEntrySchema, message, 'server', decodeEntry);
}
