/**
 * SQLite's errors as the codes and texts that libSQL's clients know (sqld's `hrana/stmt.rs`).
 *
 * @module
 */
import { tokens } from './lexer.ts';
import { SqlError } from './statement.ts';
import type { SqlErrorKind } from './statement.ts';

/** What node:sqlite throws. */
interface SqliteFailure extends Error {
  /** SQLite's extended result code. */
  readonly errcode: number;
}

export function isSqliteFailure(error: unknown): error is SqliteFailure {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

export const SQLITE_BUSY = 5;
export const SQLITE_BUSY_SNAPSHOT = 517;
export const SQLITE_ERROR = 1;

/** Primary result codes. 1 is not among them: sqld says SQLITE_UNKNOWN for it. */
const PRIMARY: Readonly<Record<number, string>> = {
  2: 'SQLITE_INTERNAL',
  3: 'SQLITE_PERM',
  4: 'SQLITE_ABORT',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  9: 'SQLITE_INTERRUPT',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  12: 'SQLITE_NOTFOUND',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  15: 'SQLITE_PROTOCOL',
  17: 'SQLITE_SCHEMA',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  20: 'SQLITE_MISMATCH',
  21: 'SQLITE_MISUSE',
  22: 'SQLITE_NOLFS',
  23: 'SQLITE_AUTH',
  25: 'SQLITE_RANGE',
  26: 'SQLITE_NOTADB',
};

/** Extended codes that say more than their primary code does, by the number above its low byte. */
const CONSTRAINTS: Readonly<Record<number, string>> = {
  1: 'CHECK',
  2: 'COMMITHOOK',
  3: 'FOREIGNKEY',
  4: 'FUNCTION',
  5: 'NOTNULL',
  6: 'PRIMARYKEY',
  7: 'TRIGGER',
  8: 'UNIQUE',
  9: 'VTAB',
  10: 'ROWID',
  11: 'PINNED',
  12: 'DATATYPE',
};

const SERVER_SIDE = new Set(['SQLITE_IOERR', 'SQLITE_CORRUPT', 'SQLITE_CANTOPEN', 'SQLITE_NOTADB', 'SQLITE_NOMEM']);
const SYNTAX = /^near ".*": syntax error$|^incomplete input$|^unrecognized token: /s;
/** Messages for which SQLite knows the place; sqld adds it. The name's last part stands in the text. */
const PLACED = /^(?:no such column|ambiguous column name|no such function): (?:.*\.)?([^.]+)$/s;

/** @param sql the statement that failed, to find the place that the message speaks of */
export function toSqlError(error: unknown, sql: string): unknown {
  if (!isSqliteFailure(error)) {
    return error;
  }
  const primary = error.errcode & 0xff;
  const { message } = error;
  if (primary === SQLITE_ERROR && SYNTAX.test(message)) {
    return new SqlError('SQL_PARSE_ERROR', `SQL string could not be parsed: ${message}`, { cause: error });
  }
  const offset = primary === SQLITE_ERROR ? placeOf(message, sql) : undefined;
  if (offset !== undefined) {
    return new SqlError('SQL_INPUT_ERROR', `SQL input error: ${message} (at offset ${offset})`, { cause: error });
  }
  const code = PRIMARY[primary] ?? 'SQLITE_UNKNOWN';
  const detail = code === 'SQLITE_CONSTRAINT' ? CONSTRAINTS[error.errcode >> 8] : undefined;
  const kind: SqlErrorKind = SERVER_SIDE.has(code) ? 'server' : 'statement';
  return new SqlError(code, `SQLite error: ${message}`, {
    kind,
    cause: error,
    ...(detail === undefined ? {} : { extendedCode: `${code}_${detail}` }),
  });
}

/** Bytes before the first place where the name of the message stands, as SQLite counts them. */
function placeOf(message: string, sql: string): number | undefined {
  const name = PLACED.exec(message)?.[1];
  if (name === undefined) {
    return undefined;
  }
  for (const token of tokens(sql)) {
    const text = sql.slice(token.start, token.end);
    const isName = token.kind === 'word' || token.kind === 'name';
    if (isName && (text === name || text.slice(1, -1) === name)) {
      return Buffer.byteLength(sql.slice(0, token.start));
    }
  }
  return undefined;
}
