/**
 * Recognises the errors of writes that the schema refuses: a second of what may be there once, and what would refer to
 * something that is not there.
 *
 * @module
 */

const SQLITE_CONSTRAINT_UNIQUE = 2067;
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
/** PostgreSQL's, for both. */
const UNIQUE_VIOLATION = '23505';
const SQLITE_CONSTRAINT_FOREIGNKEY = 787;
const FOREIGN_KEY_VIOLATION = '23503';

/** Whether a statement failed because of a unique index or primary key. */
export function isUniqueViolation(error: unknown): boolean {
  return hasCode(error, [SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY, UNIQUE_VIOLATION]);
}

/** Whether a statement, or the end of its transaction, failed because what it refers to is gone. */
export function isReferenceViolation(error: unknown): boolean {
  return hasCode(error, [SQLITE_CONSTRAINT_FOREIGNKEY, FOREIGN_KEY_VIOLATION]);
}

/** SQLite's codes are numbers, PostgreSQL's are texts. */
function hasCode(error: unknown, codes: readonly (number | string)[]): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  const code = 'errcode' in error ? error.errcode : 'code' in error ? error.code : undefined;
  return codes.some((known) => known === code);
}
