/**
 * Messages of Hrana over WebSocket. Source: Hrana 3 specification, "Hrana over WebSocket".
 *
 * @module
 */
import type {
  Batch,
  BatchResult,
  CursorEntry,
  DescribeResult,
  HranaError,
  SqlSource,
  Stmt,
  StmtResult,
} from '../shared/proto.ts';

export type ClientMsg =
  | { readonly type: 'hello'; readonly jwt: string | null }
  | { readonly type: 'request'; readonly requestId: number; readonly request: Request };

export type ServerMsg =
  | { readonly type: 'hello_ok' }
  | { readonly type: 'hello_error'; readonly error: HranaError }
  | { readonly type: 'response_ok'; readonly requestId: number; readonly response: Response }
  | { readonly type: 'response_error'; readonly requestId: number; readonly error: HranaError };

export type Request =
  | { readonly type: 'open_stream'; readonly streamId: number }
  | { readonly type: 'close_stream'; readonly streamId: number }
  | { readonly type: 'execute'; readonly streamId: number; readonly stmt: Stmt }
  | { readonly type: 'batch'; readonly streamId: number; readonly batch: Batch }
  | { readonly type: 'open_cursor'; readonly streamId: number; readonly cursorId: number; readonly batch: Batch }
  | { readonly type: 'close_cursor'; readonly cursorId: number }
  | { readonly type: 'fetch_cursor'; readonly cursorId: number; readonly maxCount: number }
  | { readonly type: 'sequence'; readonly streamId: number; readonly source: SqlSource }
  | { readonly type: 'describe'; readonly streamId: number; readonly source: SqlSource }
  | { readonly type: 'store_sql'; readonly sqlId: number; readonly sql: string }
  | { readonly type: 'close_sql'; readonly sqlId: number }
  | { readonly type: 'get_autocommit'; readonly streamId: number };

export type Response =
  | { readonly type: 'open_stream' }
  | { readonly type: 'close_stream' }
  | { readonly type: 'execute'; readonly result: StmtResult }
  | { readonly type: 'batch'; readonly result: BatchResult }
  | { readonly type: 'open_cursor' }
  | { readonly type: 'close_cursor' }
  | { readonly type: 'fetch_cursor'; readonly entries: readonly CursorEntry[]; readonly done: boolean }
  | { readonly type: 'sequence' }
  | { readonly type: 'describe'; readonly result: DescribeResult }
  | { readonly type: 'store_sql' }
  | { readonly type: 'close_sql' }
  | { readonly type: 'get_autocommit'; readonly isAutocommit: boolean };
