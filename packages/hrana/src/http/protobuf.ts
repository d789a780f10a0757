/**
 * Hrana 3 over HTTP in Protobuf, as a server needs it: requests are decoded, responses encoded.
 *
 * @module
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { sizeDelimitedEncode } from '@bufbuild/protobuf/wire';

import {
  BatchStreamRespSchema,
  CloseSqlStreamRespSchema,
  CloseStreamRespSchema,
  CursorReqBodySchema,
  CursorRespBodySchema,
  DescribeStreamRespSchema,
  ExecuteStreamRespSchema,
  GetAutocommitStreamRespSchema,
  PipelineReqBodySchema,
  PipelineRespBodySchema,
  SequenceStreamRespSchema,
  StoreSqlStreamRespSchema,
  type StreamRequest as WireStreamRequest,
  type StreamResponse as WireStreamResponse,
  StreamResponseSchema,
  type StreamResult as WireStreamResult,
  StreamResultSchema,
} from '../gen/hrana/http_pb.ts';
import { CursorEntrySchema, ErrorSchema } from '../gen/hrana/shared_pb.ts';
import { limit, readMessage, unrecognized } from '../protobuf/read.ts';
import { MAX_REQUESTS } from '../shared/limits.ts';
import type { CursorEntry, HranaError } from '../shared/proto.ts';
import { decodeBatch, decodeSqlSource, decodeStmt } from '../shared/protobuf-decode.ts';
import {
  encodeBatchResult,
  encodeCursorEntry as encodeEntry,
  encodeDescribeResult,
  encodeError,
  encodeStmtResult,
} from '../shared/protobuf-encode.ts';
import type {
  CursorRequest,
  CursorResponse,
  PipelineRequest,
  PipelineResponse,
  StreamRequest,
  StreamResponse,
  StreamResult,
} from './proto.ts';

/** Body of `POST /v3-protobuf/pipeline`. Blobs in the result are views of `body`. Throws HranaDecodeError. */
export function decodePipelineRequest(body: Uint8Array): PipelineRequest {
  return readMessage(PipelineReqBodySchema, body, 'client', (from) => ({
    baton: from.baton ?? null,
    requests: limit(from.requests, MAX_REQUESTS, 'requests').map(decodeStreamRequest),
  }));
}

function decodeStreamRequest({ request }: WireStreamRequest): StreamRequest {
  switch (request.case) {
    case 'close':
      return { type: 'close' };
    case 'execute':
      return { type: 'execute', stmt: decodeStmt(request.value.stmt) };
    case 'batch':
      return { type: 'batch', batch: decodeBatch(request.value.batch) };
    case 'sequence':
    case 'describe':
      return { type: request.case, source: decodeSqlSource(request.value) };
    case 'storeSql':
      return { type: 'store_sql', sqlId: request.value.sqlId, sql: request.value.sql };
    case 'closeSql':
      return { type: 'close_sql', sqlId: request.value.sqlId };
    case 'getAutocommit':
      return { type: 'get_autocommit' };
    case undefined:
      throw unrecognized('StreamRequest');
  }
}

export function encodePipelineResponse(response: PipelineResponse): Uint8Array {
  return toBinary(
    PipelineRespBodySchema,
    create(PipelineRespBodySchema, {
      baton: response.baton ?? undefined,
      baseUrl: response.baseUrl ?? undefined,
      results: response.results.map(encodeStreamResult),
    }),
  );
}

function encodeStreamResult(result: StreamResult): WireStreamResult {
  return create(StreamResultSchema, {
    result:
      result.type === 'ok'
        ? { case: 'ok', value: create(StreamResponseSchema, { response: encodeStreamResponse(result.response) }) }
        : { case: 'error', value: encodeError(result.error) },
  });
}

function encodeStreamResponse(response: StreamResponse): WireStreamResponse['response'] {
  switch (response.type) {
    case 'close':
      return { case: 'close', value: create(CloseStreamRespSchema) };
    case 'execute':
      return { case: 'execute', value: create(ExecuteStreamRespSchema, { result: encodeStmtResult(response.result) }) };
    case 'batch':
      return { case: 'batch', value: create(BatchStreamRespSchema, { result: encodeBatchResult(response.result) }) };
    case 'sequence':
      return { case: 'sequence', value: create(SequenceStreamRespSchema) };
    case 'describe':
      return {
        case: 'describe',
        value: create(DescribeStreamRespSchema, { result: encodeDescribeResult(response.result) }),
      };
    case 'store_sql':
      return { case: 'storeSql', value: create(StoreSqlStreamRespSchema) };
    case 'close_sql':
      return { case: 'closeSql', value: create(CloseSqlStreamRespSchema) };
    case 'get_autocommit':
      return {
        case: 'getAutocommit',
        value: create(GetAutocommitStreamRespSchema, { isAutocommit: response.isAutocommit }),
      };
  }
}

/** Body of `POST /v3-protobuf/cursor`. Blobs in the result are views of `body`. Throws HranaDecodeError. */
export function decodeCursorRequest(body: Uint8Array): CursorRequest {
  return readMessage(CursorReqBodySchema, body, 'client', (from) => ({
    baton: from.baton ?? null,
    batch: decodeBatch(from.batch),
  }));
}

/** First message of a cursor's body, with its length before it. */
export function encodeCursorResponse(response: CursorResponse): Uint8Array {
  return sizeDelimitedEncode(
    CursorRespBodySchema,
    create(CursorRespBodySchema, { baton: response.baton ?? undefined, baseUrl: response.baseUrl ?? undefined }),
  );
}

/** One more message of a cursor's body, with its length before it. */
export function encodeCursorEntry(entry: CursorEntry): Uint8Array {
  return sizeDelimitedEncode(CursorEntrySchema, encodeEntry(entry));
}

/** Body of an answer that is not 200. */
export function encodeErrorResponse(error: HranaError): Uint8Array {
  return toBinary(ErrorSchema, encodeError(error));
}
