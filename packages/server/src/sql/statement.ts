/**
 * What goes into the SQL engine and comes out of it: one statement with its arguments, the scope it runs in, and the
 * error it may end with.
 *
 * @module
 */
import type { Col, NamedArg, StmtResult, Value } from '@skerry/hrana/shared/proto';

import type { DatabaseSettings } from '../relay/messages.ts';
import type { Rights } from '../relay/rights.ts';

export interface SqlStatement {
  /** Exactly one statement; a trailing semicolon and comments are fine. */
  readonly sql: string;
  readonly args: readonly Value[];
  readonly namedArgs: readonly NamedArg[];
  /** False: the statement runs to its end, but its rows are thrown away. */
  readonly wantRows: boolean;
  /** The rows may take this many bytes, counted as `valueBytes` does; more is `RESPONSE_TOO_LARGE`. */
  readonly maxBytes: number;
}

/** Who asks, and what the database's configuration says. Rights and settings are verified by the gateway. */
export interface Scope {
  readonly rights: Rights;
  readonly settings: DatabaseSettings;
  /** Absolute path of the file behind a name that `ATTACH` may use; undefined when the name is not allowed. */
  attachPath(name: string): string | undefined;
  /**
   * Called right before SQLite works for the statement, each time after others had their turn: it may block for long.
   *
   * @param isQuick it took no time worth telling when it was last run
   */
  blocks?(isQuick: boolean): void;
  /**
   * The statement waits for the write lock or for another process; `goesOn` follows when it does no more, and throws when
   * the request is not to go on here.
   */
  waits?(): void;
  goesOn?(): void;
}

/** What a statement did, apart from its rows. */
export interface StatementEffect {
  readonly affectedRowCount: number;
  readonly lastInsertRowid: bigint | null;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly queryDurationMs: number;
}

export interface ExecutedStatement extends StmtResult {
  /** Of its rows, as `estimateRowBytes` counts. */
  readonly sizeBytes: number;
}

/** Rows of one statement, pulled. Close it (or pull to the end) before the connection runs anything else. */
export interface RowSource {
  readonly cols: readonly Col[];
  /**
   * The next rows, at most `maxRows` of them and at least one unless there are no more. Stops early after `maxBytes` or
   * after some milliseconds of work, so that one call never holds the event loop for long.
   *
   * @throws {SqlError} when a step fails; the source is closed then.
   */
  next(maxRows: number, maxBytes: number): Value[][];
  /** True when the statement has run to its end: `next` will give no more rows. */
  readonly done: boolean;
  /** Valid once `done`. */
  effect(): StatementEffect;
  close(): void;
}

export type SqlErrorKind =
  /** The client's statement, or its data, is at fault; an error of this one statement. */
  | 'statement'
  /** The token's rights do not reach that far. sqld answers the whole HTTP request with 403 for these. */
  | 'forbidden'
  /** The database's settings or the size limit refuse it (`BLOCKED`). */
  | 'blocked'
  /** The server could not do it: I/O error, corrupt file. */
  | 'server';

export class SqlError extends Error {
  override readonly name = 'SqlError';
  /** Stable; clients match on it: `SQLITE_CONSTRAINT`, `SQL_PARSE_ERROR`, `TRANSACTION_TIMEOUT`, … (docs/sql.md). */
  readonly code: string;
  readonly kind: SqlErrorKind;
  /** SQLite's extended code by name (`SQLITE_CONSTRAINT_UNIQUE`) when SQLite gave one that says more than `code`. */
  readonly extendedCode: string | undefined;

  constructor(
    code: string,
    message: string,
    options: { kind?: SqlErrorKind; extendedCode?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = options.kind ?? 'statement';
    this.extendedCode = options.extendedCode;
  }
}
