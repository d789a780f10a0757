/**
 * The messages that HTTP and WebSocket share, as the program sees them; how they look as JSON or Protobuf is the
 * codecs' business. Source: Hrana 3 specification, "Hrana over WebSocket" and "Shared structures".
 *
 * @module
 */

/** SQLite's five storage classes. A `bigint` is an INTEGER (always within 64 bits), a `number` is a REAL. */
export type Value = null | bigint | number | string | Uint8Array;

export interface HranaError {
  readonly message: string;
  /** Stable code, for example `SQLITE_CONSTRAINT`; clients match on it. */
  readonly code: string;
}

export interface NamedArg {
  readonly name: string;
  readonly value: Value;
}

/** SQL is either sent as text or named by an id that an earlier `store_sql` gave it. */
export type SqlSource =
  | { readonly sql: string; readonly sqlId?: never }
  | { readonly sqlId: number; readonly sql?: never };

export interface Stmt {
  readonly source: SqlSource;
  readonly args: readonly Value[];
  readonly namedArgs: readonly NamedArg[];
  readonly wantRows: boolean;
}

export interface Col {
  readonly name: string | null;
  readonly decltype: string | null;
}

export interface StmtResult {
  readonly cols: readonly Col[];
  readonly rows: readonly (readonly Value[])[];
  readonly affectedRowCount: number;
  readonly lastInsertRowid: bigint | null;
  readonly replicationIndex: bigint | null;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly queryDurationMs: number;
}

export interface Batch {
  readonly steps: readonly BatchStep[];
}

export interface BatchStep {
  readonly condition: BatchCond | null;
  readonly stmt: Stmt;
}

export type BatchCond =
  | { readonly type: 'ok'; readonly step: number }
  | { readonly type: 'error'; readonly step: number }
  | { readonly type: 'not'; readonly cond: BatchCond }
  | { readonly type: 'and'; readonly conds: readonly BatchCond[] }
  | { readonly type: 'or'; readonly conds: readonly BatchCond[] }
  | { readonly type: 'is_autocommit' };

/** Both lists have one entry for each step; a skipped step has null in both. */
export interface BatchResult {
  readonly stepResults: readonly (StmtResult | null)[];
  readonly stepErrors: readonly (HranaError | null)[];
  readonly replicationIndex: bigint | null;
}

export interface DescribeResult {
  readonly params: readonly { readonly name: string | null }[];
  readonly cols: readonly Col[];
  readonly isExplain: boolean;
  readonly isReadonly: boolean;
}

export type CursorEntry =
  | { readonly type: 'step_begin'; readonly step: number; readonly cols: readonly Col[] }
  | { readonly type: 'row'; readonly row: readonly Value[] }
  | { readonly type: 'step_end'; readonly affectedRowCount: number; readonly lastInsertRowid: bigint | null }
  | { readonly type: 'step_error'; readonly step: number; readonly error: HranaError }
  | { readonly type: 'error'; readonly error: HranaError }
  | { readonly type: 'replication_index'; readonly replicationIndex: bigint | null };
