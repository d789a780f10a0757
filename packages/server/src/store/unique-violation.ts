/**
 * Recognises the error of a write that would have made a second of what may be there once.
 *
 * @module
 */

const SQLITE_CONSTRAINT_UNIQUE = 2067;
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
/** PostgreSQL's, for both. */
const UNIQUE_VIOLATION = '23505';

/** Whether a statement failed because of a unique index or primary key. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  const sqliteCode = 'errcode' in error ? error.errcode : undefined;
  const code = 'code' in error ? error.code : undefined;
  return (
    sqliteCode === SQLITE_CONSTRAINT_UNIQUE || sqliteCode === SQLITE_CONSTRAINT_PRIMARYKEY || code === UNIQUE_VIOLATION
  );
}
