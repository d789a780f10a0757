import { SqlError } from '../statement.ts';

/** A function's own error, as sqld reports it: SQLITE_ERROR has no name there. */
export function vectorError(message: string): SqlError {
  return new SqlError('SQLITE_UNKNOWN', `SQLite error: ${message}`);
}
