/**
 * Hrana over HTTP in JSON, as a client needs it: requests are encoded, responses decoded.
 *
 * @module
 */
import {
  asObject,
  type JsonObject,
  malformed,
  readArray,
  readBoolean,
  readMessage,
  readObject,
  readOptionalString,
  readString,
} from '../json/read.ts';
import {
  decodeBatchResult,
  decodeCursorEntry as decodeEntry,
  decodeDescribeResult,
  decodeError,
  decodeStmtResult,
  encodeBatch,
  encodeSqlSource,
  encodeStmt,
} from '../shared/json-client.ts';
import { quote } from '../shared/json-encode.ts';
import { MAX_REQUESTS } from '../shared/limits.ts';
import type { CursorEntry } from '../shared/proto.ts';
import type {
  CursorRequest,
  CursorResponse,
  PipelineRequest,
  PipelineResponse,
  StreamRequest,
  StreamResponse,
  StreamResult,
} from './proto.ts';

export function encodePipelineRequest(request: PipelineRequest): string {
  return `{"baton":${quote(request.baton)},"requests":[${request.requests.map(encodeStreamRequest).join(',')}]}`;
}

function encodeStreamRequest(request: StreamRequest): string {
  switch (request.type) {
    case 'execute':
      return `{"type":"execute","stmt":${encodeStmt(request.stmt)}}`;
    case 'batch':
      return `{"type":"batch","batch":${encodeBatch(request.batch)}}`;
    case 'sequence':
    case 'describe':
      return `{"type":"${request.type}",${encodeSqlSource(request.source)}}`;
    case 'store_sql':
      return `{"type":"store_sql","sql_id":${request.sqlId},"sql":${quote(request.sql)}}`;
    case 'close_sql':
      return `{"type":"close_sql","sql_id":${request.sqlId}}`;
    case 'close':
    case 'get_autocommit':
      return `{"type":"${request.type}"}`;
  }
}

/** Throws HranaDecodeError. */
export function decodePipelineResponse(body: Uint8Array | string): PipelineResponse {
  return readMessage(body, 'server', (from) => ({
    baton: readOptionalString(from, 'baton'),
    baseUrl: readOptionalString(from, 'base_url'),
    results: readArray(from, 'results', MAX_REQUESTS).map(decodeStreamResult),
  }));
}

function decodeStreamResult(json: unknown): StreamResult {
  const from = asObject(json, 'result');
  const type = readString(from, 'type');
  switch (type) {
    case 'ok':
      return { type, response: decodeStreamResponse(readObject(from, 'response')) };
    case 'error':
      return { type, error: decodeError(readObject(from, 'error')) };
    default:
      throw malformed(`unknown result: ${type}`);
  }
}

function decodeStreamResponse(from: JsonObject): StreamResponse {
  const type = readString(from, 'type');
  switch (type) {
    case 'execute':
      return { type, result: decodeStmtResult(readObject(from, 'result')) };
    case 'batch':
      return { type, result: decodeBatchResult(readObject(from, 'result')) };
    case 'describe':
      return { type, result: decodeDescribeResult(readObject(from, 'result')) };
    case 'get_autocommit':
      return { type, isAutocommit: readBoolean(from, 'is_autocommit') };
    case 'close':
    case 'sequence':
    case 'store_sql':
    case 'close_sql':
      return { type };
    default:
      throw malformed(`unknown response: ${type}`);
  }
}

export function encodeCursorRequest(request: CursorRequest): string {
  return `{"baton":${quote(request.baton)},"batch":${encodeBatch(request.batch)}}`;
}

/** First line of a cursor's body. Throws HranaDecodeError. */
export function decodeCursorResponse(line: Uint8Array | string): CursorResponse {
  return readMessage(line, 'server', (from) => ({
    baton: readOptionalString(from, 'baton'),
    baseUrl: readOptionalString(from, 'base_url'),
  }));
}

/** One of the lines that follow. Throws HranaDecodeError. */
export function decodeCursorEntry(line: Uint8Array | string): CursorEntry {
  return readMessage(line, 'server', decodeEntry);
}
