/**
 * Whether an uploaded file is a database that can be served.
 *
 * @module
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { addFunctions } from './functions/functions.ts';
import { quoteName } from './literal.ts';
import { SqlError } from './statement.ts';

/** Begins the message of every refusal. */
export const REFUSED = 'the uploaded file cannot be used: ';
const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
/** What replicas and embedded replicas exchange. */
const PAGE_BYTES = 4096;

/**
 * Checks the header and every page, and sets the file to WAL mode.
 *
 * @throws {SqlError} UPLOAD_INVALID, with what is wrong and how to mend it
 */
export function checkUpload(path: string, { maxRowBytes }: { readonly maxRowBytes: number }): void {
  checkHeader(path);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0, defensive: true, limits: { attach: 0, length: maxRowBytes } });
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL');
    remakeVectorIndexes(db);
    const problems = db.prepare('PRAGMA quick_check(3)').all();
    const texts = problems.map((problem) => String(Object.values(problem)[0]));
    if (texts[0] !== 'ok') {
      throw invalid(`the file is damaged: ${texts.join('; ')}`);
    }
  } catch (error) {
    throw error instanceof SqlError ? error : unreadable(error);
  } finally {
    db?.close();
  }
}

/** libSQL keeps nothing in the place of such an index, SQLite an entry for each row, and takes the difference for damage. */
function remakeVectorIndexes(db: DatabaseSync): void {
  const names = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%libsql_vector_idx%'")
    .all()
    .map(({ name }) => String(name));
  if (names.length > 0) {
    addFunctions(db);
    // SQLite takes our functions for unsafe ones; those that are cannot be called from a schema in any case.
    db.exec('PRAGMA trusted_schema = ON');
  }
  for (const name of names) {
    db.exec(`REINDEX ${quoteName(name)}`);
  }
}

/** https://www.sqlite.org/fileformat.html section 1.3 */
function checkHeader(path: string): void {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  const read = readSync(file, header, 0, HEADER_BYTES, 0);
  closeSync(file);
  if (read < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw invalid('it is not a SQLite database file');
  }
  const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  if (pageBytes !== PAGE_BYTES) {
    throw invalid(
      `its pages have ${pageBytes} bytes instead of ${PAGE_BYTES}: run PRAGMA journal_mode = DELETE; ` +
        `PRAGMA page_size = ${PAGE_BYTES}; VACUUM;`,
    );
  }
  // 1: rollback journal, 2: WAL; either is fine. SQLite opens a newer write version for reading only.
  if (Math.max(header.readUInt8(18), header.readUInt8(19)) > 2) {
    throw invalid('it has a newer file format than SQLite 3 knows: dump it and load the dump into a new file');
  }
  if (header[20] !== 0) {
    throw invalid(
      `it reserves ${header[20]} bytes of every page, as encrypted files do: run VACUUM INTO with plain SQLite`,
    );
  }
  const encoding = header.readUInt32BE(56);
  if (encoding > 1) {
    throw invalid('its text is UTF-16; only UTF-8 is supported: dump it and load the dump into a new file');
  }
}

function unreadable(error: unknown): SqlError {
  const message = error instanceof Error ? error.message : String(error);
  const wayOut = message.startsWith('malformed database schema')
    ? '; if that table was made by libSQL with RANDOM ROWID, dump it there, take the clause out, and load the dump'
    : '';
  return invalid(`SQLite cannot read it: ${message}${wayOut}`);
}

function invalid(why: string): SqlError {
  return new SqlError('UPLOAD_INVALID', `${REFUSED}${why}`);
}
