/**
 * Hrana over WebSocket in JSON, as a client needs it: client messages are encoded, server messages decoded.
 *
 * @module
 */
import {
  asObject,
  type JsonObject,
  malformed,
  readArray,
  readBoolean,
  readInt32,
  readMessage,
  readObject,
  readString,
} from '../json/read.ts';
import {
  decodeBatchResult,
  decodeCursorEntry,
  decodeDescribeResult,
  decodeError,
  decodeStmtResult,
  encodeBatch,
  encodeSqlSource,
  encodeStmt,
} from '../shared/json-client.ts';
import { quote } from '../shared/json-encode.ts';
import { MAX_ROWS } from '../shared/limits.ts';
import type { ClientMsg, Request, Response, ServerMsg } from './proto.ts';

export function encodeClientMsg(msg: ClientMsg): string {
  return msg.type === 'hello'
    ? `{"type":"hello","jwt":${quote(msg.jwt)}}`
    : `{"type":"request","request_id":${msg.requestId},"request":${encodeRequest(msg.request)}}`;
}

function encodeRequest(request: Request): string {
  switch (request.type) {
    case 'open_stream':
    case 'close_stream':
    case 'get_autocommit':
      return `{"type":"${request.type}","stream_id":${request.streamId}}`;
    case 'execute':
      return `{"type":"execute","stream_id":${request.streamId},"stmt":${encodeStmt(request.stmt)}}`;
    case 'batch':
      return `{"type":"batch","stream_id":${request.streamId},"batch":${encodeBatch(request.batch)}}`;
    case 'open_cursor':
      return (
        `{"type":"open_cursor","stream_id":${request.streamId},"cursor_id":${request.cursorId},` +
        `"batch":${encodeBatch(request.batch)}}`
      );
    case 'close_cursor':
      return `{"type":"close_cursor","cursor_id":${request.cursorId}}`;
    case 'fetch_cursor':
      return `{"type":"fetch_cursor","cursor_id":${request.cursorId},"max_count":${request.maxCount}}`;
    case 'sequence':
    case 'describe':
      return `{"type":"${request.type}","stream_id":${request.streamId},${encodeSqlSource(request.source)}}`;
    case 'store_sql':
      return `{"type":"store_sql","sql_id":${request.sqlId},"sql":${quote(request.sql)}}`;
    case 'close_sql':
      return `{"type":"close_sql","sql_id":${request.sqlId}}`;
  }
}

/** One text frame. Throws HranaDecodeError. */
export function decodeServerMsg(data: Uint8Array | string): ServerMsg {
  return readMessage(data, 'server', decodeMsg);
}

function decodeMsg(from: JsonObject): ServerMsg {
  const type = readString(from, 'type');
  switch (type) {
    case 'hello_ok':
      return { type };
    case 'hello_error':
      return { type, error: decodeError(readObject(from, 'error')) };
    case 'response_ok':
      return {
        type,
        requestId: readInt32(from, 'request_id'),
        response: decodeResponse(readObject(from, 'response')),
      };
    case 'response_error':
      return { type, requestId: readInt32(from, 'request_id'), error: decodeError(readObject(from, 'error')) };
    default:
      throw malformed(`unknown message: ${type}`);
  }
}

function decodeResponse(from: JsonObject): Response {
  const type = readString(from, 'type');
  switch (type) {
    case 'execute':
      return { type, result: decodeStmtResult(readObject(from, 'result')) };
    case 'batch':
      return { type, result: decodeBatchResult(readObject(from, 'result')) };
    case 'describe':
      return { type, result: decodeDescribeResult(readObject(from, 'result')) };
    case 'fetch_cursor':
      return {
        type,
        entries: readArray(from, 'entries', MAX_ROWS).map((json) => decodeCursorEntry(asObject(json, 'entry'))),
        done: readBoolean(from, 'done'),
      };
    case 'get_autocommit':
      return { type, isAutocommit: readBoolean(from, 'is_autocommit') };
    case 'open_stream':
    case 'close_stream':
    case 'open_cursor':
    case 'close_cursor':
    case 'sequence':
    case 'store_sql':
    case 'close_sql':
      return { type };
    default:
      throw malformed(`unknown response: ${type}`);
  }
}
