/**
 * Messages of Hrana over HTTP: a pipeline of requests on one stream, and the cursor.
 * Source: Hrana 3 specification, "Hrana over HTTP".
 *
 * @module
 */
import type { Batch, BatchResult, DescribeResult, HranaError, SqlSource, Stmt, StmtResult } from '../shared/proto.ts';

export interface PipelineRequest {
  readonly baton: string | null;
  readonly requests: readonly StreamRequest[];
}

export type StreamRequest =
  | { readonly type: 'close' }
  | { readonly type: 'execute'; readonly stmt: Stmt }
  | { readonly type: 'batch'; readonly batch: Batch }
  | { readonly type: 'sequence'; readonly source: SqlSource }
  | { readonly type: 'describe'; readonly source: SqlSource }
  | { readonly type: 'store_sql'; readonly sqlId: number; readonly sql: string }
  | { readonly type: 'close_sql'; readonly sqlId: number }
  | { readonly type: 'get_autocommit' };

export type StreamResponse =
  | { readonly type: 'close' }
  | { readonly type: 'execute'; readonly result: StmtResult }
  | { readonly type: 'batch'; readonly result: BatchResult }
  | { readonly type: 'sequence' }
  | { readonly type: 'describe'; readonly result: DescribeResult }
  | { readonly type: 'store_sql' }
  | { readonly type: 'close_sql' }
  | { readonly type: 'get_autocommit'; readonly isAutocommit: boolean };

export type StreamResult =
  | { readonly type: 'ok'; readonly response: StreamResponse }
  | { readonly type: 'error'; readonly error: HranaError };

export interface PipelineResponse {
  readonly baton: string | null;
  readonly baseUrl: string | null;
  readonly results: readonly StreamResult[];
}

export interface CursorRequest {
  readonly baton: string | null;
  readonly batch: Batch;
}

/** First line of a cursor's body; the entries follow. */
export interface CursorResponse {
  readonly baton: string | null;
  readonly baseUrl: string | null;
}
