/**
 * Statements in a text file, such as `sqlite3 .dump` writes, made into a new database file.
 *
 * This runs where a harm stays: the text may come from a stranger, and must be allowed what no statement of a client is,
 * because a dump of virtual tables writes the schema table itself. So the server runs it in a process of its own
 * (host/load-dump-main.ts), nothing but the new file can be reached, and the file is checked like an upload afterwards.
 * It is worth nothing until this returns.
 *
 * @module
 */
import { createReadStream } from 'node:fs';
import { constants, DatabaseSync } from 'node:sqlite';

import { addFunctions } from './functions/functions.ts';
import { tokens } from './lexer.ts';
import { lastStatement, splitStatements } from './split.ts';
import { SqlError } from './statement.ts';

/** Text that is read at once. */
const CHUNK_CHARACTERS = 1_000_000;
/** A value of the largest size, written as hexadecimal digits, and some more. */
const STATEMENT_CHARACTERS_PER_ROW_BYTE = 2.5;

/** What dumps set, and what a dump is for: the content. All other settings are the server's own and stay. */
const PRAGMAS = new Set([
  'application_id',
  'case_sensitive_like',
  'defer_foreign_keys',
  'foreign_keys',
  'legacy_alter_table',
  'recursive_triggers',
  'user_version',
  'writable_schema',
]);
const FORBIDDEN_FUNCTIONS = new Set(['load_extension', 'fts3_tokenizer', 'readfile', 'writefile', 'edit']);

export interface Progress {
  /** Bytes of the text that were run. */
  (readBytes: number): void;
}

export interface LoadOptions {
  readonly maxRowBytes: number;
  readonly progress?: Progress;
}

/**
 * @param textFile UTF-8
 * @param target a path where nothing is
 * @throws SqlError DUMP_INVALID with the line, and SQLite's words, when a statement fails or the text ends too early
 */
export async function loadDump(textFile: string, target: string, options: LoadOptions): Promise<void> {
  const database = new DatabaseSync(target, {
    enableForeignKeyConstraints: false,
    enableDoubleQuotedStringLiterals: true,
    limits: { attach: 0, length: options.maxRowBytes },
  });
  try {
    addFunctions(database);
    // The file is worth nothing until it is whole, so nothing has to survive a crash.
    database.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF');
    database.enableDefensive(false);
    database.setAuthorizer(authorize);
    await runAll(database, textFile, options);
    if (database.isTransaction) {
      throw new SqlError('DUMP_INVALID', 'the text begins a transaction that it does not commit: it ends too early');
    }
  } finally {
    database.close();
  }
}

async function runAll(database: DatabaseSync, textFile: string, { maxRowBytes, progress }: LoadOptions): Promise<void> {
  let pending = '';
  let line = 1;
  let readBytes = 0;
  const run = (statements: readonly string[], text: string): void => {
    let at = 0;
    for (const statement of statements) {
      const begin = text.indexOf(statement, at);
      line += newlines(text.slice(at, begin));
      exec(database, statement, line + linesBefore(statement));
      line += newlines(statement);
      at = begin + statement.length;
    }
    line += newlines(text.slice(at));
  };
  for await (const part of createReadStream(textFile, { encoding: 'utf8', highWaterMark: CHUNK_CHARACTERS })) {
    readBytes += Buffer.byteLength(part as string);
    const text = pending + String(part);
    const { statements, rest } = splitStatements(text);
    run(statements, text.slice(0, text.length - rest.length));
    pending = rest;
    if (pending.length > maxRowBytes * STATEMENT_CHARACTERS_PER_ROW_BYTE) {
      throw invalid(line + linesBefore(pending), 'a statement has no end, or is larger than any row may be');
    }
    progress?.(readBytes);
  }
  const last = lastStatement(pending);
  if (last !== undefined) {
    run([last], pending);
  }
}

function exec(database: DatabaseSync, statement: string, line: number): void {
  try {
    database.exec(statement);
  } catch (error) {
    throw invalid(line, error instanceof Error ? error.message : String(error));
  }
}

function invalid(line: number, problem: string): SqlError {
  return new SqlError('DUMP_INVALID', `line ${line}: ${problem}`);
}

function authorize(action: number, name: string | null, second: string | null): number {
  switch (action) {
    case constants.SQLITE_ATTACH:
    case constants.SQLITE_DETACH:
      return constants.SQLITE_DENY;
    case constants.SQLITE_PRAGMA:
      return PRAGMAS.has((name ?? '').toLowerCase()) ? constants.SQLITE_OK : constants.SQLITE_IGNORE;
    case constants.SQLITE_FUNCTION:
      return FORBIDDEN_FUNCTIONS.has((second ?? '').toLowerCase()) ? constants.SQLITE_DENY : constants.SQLITE_OK;
    default:
      return constants.SQLITE_OK;
  }
}

/** A statement may come with comments and space in front. */
function linesBefore(statement: string): number {
  const [first] = tokens(statement);
  return newlines(statement.slice(0, first?.start));
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    count += 1;
  }
  return count;
}
