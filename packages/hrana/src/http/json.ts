/**
 * Hrana over HTTP in JSON, as a server needs it: requests are decoded, responses encoded.
 *
 * @module
 */
import {
  asObject,
  malformed,
  readArray,
  readInt32,
  readMessage,
  readObject,
  readOptionalString,
  readString,
} from '../json/read.ts';
import { decodeBatch, decodeSqlSource, decodeStmt } from '../shared/json-decode.ts';
import {
  encodeBatchResult,
  encodeCursorEntry as encodeEntry,
  encodeDescribeResult,
  encodeError,
  encodeStmtResult,
  type Infinities,
  quote,
} from '../shared/json-encode.ts';
import { MAX_REQUESTS } from '../shared/limits.ts';
import type { Batch, BatchResult, CursorEntry, Stmt, StmtResult } from '../shared/proto.ts';
import { type Features, type HranaVersion, httpFeatures, unsupported } from '../shared/version.ts';
import type {
  CursorRequest,
  CursorResponse,
  PipelineRequest,
  PipelineResponse,
  StreamRequest,
  StreamResponse,
  StreamResult,
} from './proto.ts';

/** Body of `POST /v2/pipeline` and `/v3/pipeline`. Throws HranaDecodeError. */
export function decodePipelineRequest(body: Uint8Array | string, version: HranaVersion): PipelineRequest {
  const features = httpFeatures(version);
  return readMessage(body, 'client', (from) => ({
    baton: readOptionalString(from, 'baton'),
    requests: readArray(from, 'requests', MAX_REQUESTS).map((json) => decodeStreamRequest(json, features)),
  }));
}

function decodeStreamRequest(json: unknown, features: Features): StreamRequest {
  const from = asObject(json, 'request');
  const type = readString(from, 'type');
  switch (type) {
    case 'close':
      return { type };
    case 'execute':
      return { type, stmt: decodeStmt(readObject(from, 'stmt'), features) };
    case 'batch':
      return { type, batch: decodeBatch(readObject(from, 'batch'), features) };
    case 'sequence':
    case 'describe':
      return { type, source: decodeSqlSource(from, features) };
    case 'store_sql':
      return { type, sqlId: readInt32(from, 'sql_id'), sql: readString(from, 'sql') };
    case 'close_sql':
      return { type, sqlId: readInt32(from, 'sql_id') };
    case 'get_autocommit':
      if (!features.autocommit) {
        throw unsupported('The `get_autocommit` request', 3);
      }
      return { type };
    default:
      throw malformed(`unknown request: ${type}`);
  }
}

export function encodePipelineResponse(response: PipelineResponse, infinities: Infinities = 'number'): string {
  let results = '';
  for (const result of response.results) {
    results += results === '' ? '' : ',';
    results += encodeStreamResult(result, infinities);
  }
  return `{"baton":${quote(response.baton)},"base_url":${quote(response.baseUrl)},"results":[${results}]}`;
}

function encodeStreamResult(result: StreamResult, infinities: Infinities): string {
  return result.type === 'ok'
    ? `{"type":"ok","response":${encodeStreamResponse(result.response, infinities)}}`
    : `{"type":"error","error":${encodeError(result.error)}}`;
}

function encodeStreamResponse(response: StreamResponse, infinities: Infinities): string {
  switch (response.type) {
    case 'execute':
      return `{"type":"execute","result":${encodeStmtResult(response.result, infinities)}}`;
    case 'batch':
      return `{"type":"batch","result":${encodeBatchResult(response.result, infinities)}}`;
    case 'describe':
      return `{"type":"describe","result":${encodeDescribeResult(response.result)}}`;
    case 'get_autocommit':
      return `{"type":"get_autocommit","is_autocommit":${response.isAutocommit}}`;
    case 'close':
    case 'sequence':
    case 'store_sql':
    case 'close_sql':
      return `{"type":"${response.type}"}`;
  }
}

/** Body of `POST /v3/cursor`. Throws HranaDecodeError. */
export function decodeCursorRequest(body: Uint8Array | string, version: HranaVersion): CursorRequest {
  return readMessage(body, 'client', (from) => ({
    baton: readOptionalString(from, 'baton'),
    batch: decodeBatch(readObject(from, 'batch'), httpFeatures(version)),
  }));
}

/** First line of a cursor's body, with its newline. */
export function encodeCursorResponse(response: CursorResponse): string {
  return `{"baton":${quote(response.baton)},"base_url":${quote(response.baseUrl)}}\n`;
}

/** One line of a cursor's body, with its newline. */
export function encodeCursorEntry(entry: CursorEntry, infinities: Infinities = 'number'): string {
  return `${encodeEntry(entry, infinities)}\n`;
}

/** Body of `POST /v1/execute`. Throws HranaDecodeError. */
export function decodeExecuteRequest(body: Uint8Array | string): Stmt {
  return readMessage(body, 'client', (from) => decodeStmt(readObject(from, 'stmt'), httpFeatures(1)));
}

export function encodeExecuteResponse(result: StmtResult): string {
  return `{"result":${encodeStmtResult(result)}}`;
}

/** Body of `POST /v1/batch`. Throws HranaDecodeError. */
export function decodeBatchRequest(body: Uint8Array | string): Batch {
  return readMessage(body, 'client', (from) => decodeBatch(readObject(from, 'batch'), httpFeatures(1)));
}

export function encodeBatchResponse(result: BatchResult): string {
  return `{"result":${encodeBatchResult(result)}}`;
}
