/**
 * Hrana over WebSocket in JSON, as a server needs it: client messages are decoded, server messages encoded.
 *
 * @module
 */
import {
  type JsonObject,
  malformed,
  readInt32,
  readMessage,
  readObject,
  readOptionalString,
  readString,
  readUint32,
} from '../json/read.ts';
import { decodeBatch, decodeSqlSource, decodeStmt } from '../shared/json-decode.ts';
import {
  encodeBatchResult,
  encodeCursorEntry,
  encodeDescribeResult,
  encodeError,
  encodeStmtResult,
} from '../shared/json-encode.ts';
import { type Features, type HranaVersion, wsFeatures } from '../shared/version.ts';
import { checkRequest } from './checks.ts';
import type { ClientMsg, Request, Response, ServerMsg } from './proto.ts';

/** One text frame. Throws HranaDecodeError. */
export function decodeClientMsg(data: Uint8Array | string, version: HranaVersion): ClientMsg {
  return readMessage(data, 'client', (from) => decodeMsg(from, version));
}

function decodeMsg(from: JsonObject, version: HranaVersion): ClientMsg {
  const type = readString(from, 'type');
  switch (type) {
    case 'hello':
      return { type, jwt: readOptionalString(from, 'jwt') };
    case 'request':
      return {
        type,
        requestId: readInt32(from, 'request_id'),
        request: checkRequest(decodeRequest(readObject(from, 'request'), wsFeatures(version)), version),
      };
    default:
      throw malformed(`unknown message: ${type}`);
  }
}

function decodeRequest(from: JsonObject, features: Features): Request {
  const type = readString(from, 'type');
  switch (type) {
    case 'open_stream':
    case 'close_stream':
    case 'get_autocommit':
      return { type, streamId: readInt32(from, 'stream_id') };
    case 'execute':
      return { type, streamId: readInt32(from, 'stream_id'), stmt: decodeStmt(readObject(from, 'stmt'), features) };
    case 'batch':
      return { type, streamId: readInt32(from, 'stream_id'), batch: decodeBatch(readObject(from, 'batch'), features) };
    case 'sequence':
    case 'describe':
      return { type, streamId: readInt32(from, 'stream_id'), source: decodeSqlSource(from, features) };
    case 'store_sql':
      return { type, sqlId: readInt32(from, 'sql_id'), sql: readString(from, 'sql') };
    case 'close_sql':
      return { type, sqlId: readInt32(from, 'sql_id') };
    case 'open_cursor':
      return {
        type,
        streamId: readInt32(from, 'stream_id'),
        cursorId: readInt32(from, 'cursor_id'),
        batch: decodeBatch(readObject(from, 'batch'), features),
      };
    case 'close_cursor':
      return { type, cursorId: readInt32(from, 'cursor_id') };
    case 'fetch_cursor':
      return { type, cursorId: readInt32(from, 'cursor_id'), maxCount: readUint32(from, 'max_count') };
    default:
      throw malformed(`unknown request: ${type}`);
  }
}

export function encodeServerMsg(msg: ServerMsg): string {
  switch (msg.type) {
    case 'response_ok':
      return `{"type":"response_ok","request_id":${msg.requestId},"response":${encodeResponse(msg.response)}}`;
    case 'response_error':
      return `{"type":"response_error","request_id":${msg.requestId},"error":${encodeError(msg.error)}}`;
    case 'hello_ok':
      return '{"type":"hello_ok"}';
    case 'hello_error':
      return `{"type":"hello_error","error":${encodeError(msg.error)}}`;
  }
}

function encodeResponse(response: Response): string {
  switch (response.type) {
    case 'execute':
      return `{"type":"execute","result":${encodeStmtResult(response.result)}}`;
    case 'batch':
      return `{"type":"batch","result":${encodeBatchResult(response.result)}}`;
    case 'describe':
      return `{"type":"describe","result":${encodeDescribeResult(response.result)}}`;
    case 'fetch_cursor':
      return (
        `{"type":"fetch_cursor","entries":[${response.entries.map((entry) => encodeCursorEntry(entry)).join(',')}],` +
        `"done":${response.done}}`
      );
    case 'get_autocommit':
      return `{"type":"get_autocommit","is_autocommit":${response.isAutocommit}}`;
    case 'open_stream':
    case 'close_stream':
    case 'open_cursor':
    case 'close_cursor':
    case 'sequence':
    case 'store_sql':
    case 'close_sql':
      return `{"type":"${response.type}"}`;
  }
}
