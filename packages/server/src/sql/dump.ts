/**
 * A database as the text of the statements that make it anew: in effect the same as what the `sqlite3` program writes
 * for `.dump`, so that this program, Turso's, and we ourselves can load it.
 *
 * One read transaction covers the whole, and no more than one row is held at a time.
 *
 * @module
 */
import { DatabaseSync } from 'node:sqlite';

import type { Value } from '@skerry/hrana/shared/proto';

import { addFunctions } from './functions/functions.ts';
import { literal, quoteName, quoteText } from './literal.ts';
import { toSqlError } from './sqlite-errors.ts';

export interface DumpOptions {
  /** Rows keep their rowid also where no column stands for it. False, as in the `sqlite3` program: they are counted anew. */
  readonly preserveRowids?: boolean;
}

interface SchemaEntry {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}

const CHUNK_CHARACTERS = 65_536;
/** What SQLite makes by itself cannot be created; of it, only these have content of their own. */
const INTERNAL = /^sqlite_/i;
const STATISTICS = /^sqlite_stat\d$/i;
const VECTOR_INDEX = /\blibsql_vector_idx\s*\(/i;

/**
 * The text in chunks of about 64 KB. It ends with COMMIT; a dump that was cut off changes nothing where it is loaded.
 *
 * @param source the path of a database, or a connection that does nothing else meanwhile; its transaction, when it has
 *   one, is what is read
 * @throws {SqlError} when the database cannot be read
 */
export function* dumpDatabase(source: string | DatabaseSync, options: DumpOptions = {}): Generator<string> {
  let db: DatabaseSync | undefined;
  let isOwnTransaction = false;
  try {
    db = typeof source === 'string' ? open(source) : source;
    isOwnTransaction = !db.isTransaction;
    if (isOwnTransaction) {
      db.exec('BEGIN');
    }
    yield* inChunks(dump(db, options.preserveRowids ?? false));
  } catch (error) {
    throw toSqlError(error, '');
  } finally {
    if (isOwnTransaction && db?.isTransaction === true) {
      db.exec('ROLLBACK');
    }
    if (typeof source === 'string') {
      db?.close();
    }
  }
}

function open(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 0, defensive: true });
  addFunctions(db);
  return db;
}

function* inChunks(parts: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const part of parts) {
    chunk += part;
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = '';
    }
  }
  yield chunk;
}

function* dump(db: DatabaseSync, preserveRowids: boolean): Generator<string> {
  const schema = readSchema(db);
  let changesSchemaTable = false;
  yield 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n';
  for (const { name, sql } of schema.filter(({ type }) => type === 'table')) {
    if (INTERNAL.test(name)) {
      continue;
    }
    if (/^CREATE VIRTUAL TABLE/i.test(sql)) {
      // Its content is in tables of its own, which are dumped like any other: creating it would make them.
      if (!changesSchemaTable) {
        changesSchemaTable = true;
        yield 'PRAGMA writable_schema=ON;\n';
      }
      yield `INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql) VALUES('table',${quoteText(name)},${quoteText(name)},0,${quoteText(sql)});\n`;
      continue;
    }
    yield ended(sql);
    yield* dumpRows(db, name, preserveRowids);
  }
  yield* dumpInternal(db, schema);
  for (const { sql } of schema.filter(({ type }) => type !== 'table')) {
    yield ended(sql);
  }
  yield changesSchemaTable ? 'PRAGMA writable_schema=OFF;\nCOMMIT;\n' : 'COMMIT;\n';
}

/** What is to be written, in the order in which it was made. */
function readSchema(db: DatabaseSync): readonly SchemaEntry[] {
  const entries = [...iterate(db, 'SELECT type, name, sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY rowid')].map(
    ([type, name, sql]): SchemaEntry => ({ type: String(type), name: String(name), sql: String(sql) }),
  );
  // libSQL makes these anew for every index of vectors, and fails when they are there already.
  const made = new Set(['libsql_vector_meta_shadow']);
  for (const { name } of entries.filter(({ type, sql }) => type === 'index' && VECTOR_INDEX.test(sql))) {
    made.add(`${name}_shadow`).add(`${name}_shadow_idx`);
  }
  return made.size === 1 ? entries : entries.filter(({ name }) => !made.has(name));
}

/** Counters of AUTOINCREMENT, and what ANALYZE found. */
function* dumpInternal(db: DatabaseSync, schema: readonly SchemaEntry[]): Generator<string> {
  const statistics = schema.filter(({ name }) => STATISTICS.test(name));
  if (statistics.length > 0) {
    yield 'ANALYZE sqlite_schema;\n';
  }
  for (const { name } of statistics) {
    yield* dumpRows(db, name, false);
  }
  if (schema.some(({ name }) => name === 'sqlite_sequence')) {
    yield 'DELETE FROM sqlite_sequence;\n';
    yield* dumpRows(db, 'sqlite_sequence', false);
  }
}

/** A comment at the end would hide the semicolon. */
function ended(sql: string): string {
  return `${sql}${/--[^\n]*$/.test(sql) ? '\n' : ''};\n`;
}

function* dumpRows(db: DatabaseSync, table: string, preserveRowids: boolean): Generator<string> {
  const { columns, order, rowid } = shapeOf(db, table);
  const stored = preserveRowids && rowid !== undefined ? [rowid, ...columns] : columns;
  const target = stored === columns ? quoteName(table) : `${quoteName(table)}(${stored.join(',')})`;
  const from = `FROM ${quoteName(table)}${order.length === 0 ? '' : ` ORDER BY ${order.join(',')}`}`;
  const bytes = new RowBytes(db, `SELECT ${stored.map((name) => `CAST(${name} AS BLOB)`).join(',')} ${from}`);
  let index = 0;
  for (const row of iterate(db, `SELECT ${stored.join(',')} ${from}`)) {
    const literals = row.map((value, column) => {
      const isDoubtful = typeof value === 'string' && value.includes('\uFFFD');
      return isDoubtful ? `CAST(${literal(bytes.at(index)[column] ?? null)} AS TEXT)` : literal(value);
    });
    yield `INSERT INTO ${target} VALUES(${literals.join(',')});\n`;
    index += 1;
  }
}

/**
 * SQLite stores any bytes as text, JavaScript does not: bytes that are no UTF-8 are read as U+FFFD. The bytes of rows
 * that have this character are read beside the rows, in the same order.
 */
class RowBytes {
  readonly #open: () => Iterator<Value[]>;
  #rows: Iterator<Value[]> | undefined;
  #row: readonly Value[] = [];
  #count = 0;

  constructor(db: DatabaseSync, sql: string) {
    this.#open = () => iterate(db, sql)[Symbol.iterator]();
  }

  /** @param index of the row; never less than the last one */
  at(index: number): readonly Value[] {
    this.#rows ??= this.#open();
    while (this.#count <= index) {
      const step = this.#rows.next();
      this.#row = step.done === true ? [] : step.value;
      this.#count += 1;
    }
    return this.#row;
  }
}

function iterate(db: DatabaseSync, sql: string): Iterable<Value[]> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  return statement.iterate() as unknown as Iterable<Value[]>;
}

interface TableShape {
  /** Stored columns, quoted: no generated ones. */
  readonly columns: readonly string[];
  /** What names one row, and in which order rows are kept. Empty when columns hide every name of the rowid. */
  readonly order: readonly string[];
  /** How the rowid is called when no column stands for it. */
  readonly rowid: string | undefined;
}

function shapeOf(db: DatabaseSync, table: string): TableShape {
  // Generated columns are not among them. `pk` is the column's place in the primary key, or 0.
  const info = [...iterate(db, `SELECT name, type, pk FROM pragma_table_info(${quoteText(table)})`)].map(
    ([name, type, place]) => ({ name: String(name), type: String(type), place: Number(place) }),
  );
  const columns = info.map(({ name }) => quoteName(name));
  const names = new Set(info.map(({ name }) => name.toLowerCase()));
  const primaryKey = info.filter(({ place }) => place > 0).toSorted((a, b) => a.place - b.place);
  const rowid = ['rowid', '_rowid_', 'oid'].find((name) => !names.has(name) && hasColumn(db, table, name));
  if (rowid === undefined) {
    return { columns, order: primaryKey.map(({ name }) => quoteName(name)), rowid };
  }
  const isAlias = primaryKey.length === 1 && primaryKey[0]?.type.toUpperCase() === 'INTEGER';
  return { columns, order: [rowid], rowid: isAlias ? undefined : rowid };
}

/** Whether the table has a rowid (WITHOUT ROWID has none) is nowhere written but in its text. */
function hasColumn(db: DatabaseSync, table: string, name: string): boolean {
  try {
    db.prepare(`SELECT ${name} FROM ${quoteName(table)}`).close();
    return true;
  } catch {
    return false;
  }
}
