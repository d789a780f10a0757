/**
 * Random statements, what SQLite itself does with them, and what it holds afterwards: what the engine is compared with.
 *
 * @module
 */
import { DatabaseSync } from 'node:sqlite';

import type { Value } from '@skerry/hrana/shared/proto';
import * as fc from 'fast-check';

export interface Step {
  readonly sql: string;
  readonly args: readonly Value[];
}

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('a\0b', "it's", '12', '1e3', '[1,2]', '{"k":1}', ' '),
  fc.uint8Array({ maxLength: 6 }),
);
const table = fc.constantFrom('t', 'u');
const column = fc.constantFrom('a', 'b', 'c', 'id', 'missing');
const smallKey = fc.bigInt({ min: 0n, max: 4n });

/** One statement made of parts: a text with `?` for its values. */
function step(sql: fc.Arbitrary<string>, ...args: fc.Arbitrary<Value>[]): fc.Arbitrary<Step> {
  return fc.record({ sql, args: fc.tuple(...args) });
}

const query = fc
  .tuple(column, column, fc.constantFrom('=', '<', '>=', 'IS', 'LIKE', '||', '+', '%', '->>'), table)
  .map(([first, second, operator, name]) => `SELECT ${first}, typeof(${second}), ${second} ${operator} ? FROM ${name}`);
const conflict = fc.constantFrom('INSERT', 'INSERT OR IGNORE', 'INSERT OR REPLACE', 'REPLACE', 'INSERT OR ROLLBACK');
const tail = fc.constantFrom(
  '',
  ' RETURNING id, a',
  ' ON CONFLICT DO NOTHING',
  ' ON CONFLICT (id) DO UPDATE SET a = 1',
);

export const statement: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: step(
      fc
        .tuple(conflict, table, tail)
        .map(([verb, name, end]) => `${verb} INTO ${name} (id, a, b, c) VALUES (?, ?, ?, ?)${end}`),
      fc.oneof(smallKey, value),
      value,
      value,
      value,
    ),
  },
  {
    weight: 4,
    arbitrary: step(
      query.map((sql) => `${sql} ORDER BY 1, 2, 3`),
      value,
    ),
  },
  {
    weight: 2,
    arbitrary: step(
      fc.tuple(table, column).map(([name, set]) => `UPDATE ${name} SET ${set} = ? WHERE id = ?`),
      value,
      smallKey,
    ),
  },
  {
    weight: 2,
    arbitrary: step(
      table.map((name) => `DELETE FROM ${name} WHERE id >= ?`),
      smallKey,
    ),
  },
  step(
    fc.constantFrom('SELECT ? AS x, ? UNION SELECT 1, 2 ORDER BY 1, 2', 'SELECT max(?, ?), ?1 || ?2', 'VALUES (?, ?)'),
    value,
    value,
  ),
  step(
    fc.constantFrom(
      'BEGIN',
      'BEGIN IMMEDIATE',
      'COMMIT',
      'ROLLBACK',
      'SAVEPOINT s',
      'RELEASE s',
      'ROLLBACK TO s',
      'END',
    ),
  ),
  step(
    fc.constantFrom(
      'SELECT * FROM t ORDER BY rowid',
      'SELECT count(*), sum(a), group_concat(c) FROM (SELECT * FROM t ORDER BY id)',
      'SELECT * FROM t JOIN u USING (id) ORDER BY id',
      'SELECT x FROM log ORDER BY rowid',
      "INSERT INTO f SELECT c FROM t WHERE typeof(c) = 'text'",
      'SELECT rowid FROM f WHERE f MATCH \'"12"\' ORDER BY rowid',
      'INSERT INTO u SELECT * FROM t',
      'DELETE FROM t',
      'ALTER TABLE t ADD COLUMN d DEFAULT 5',
      'ALTER TABLE t RENAME COLUMN c TO cc',
      'ALTER TABLE t DROP COLUMN c',
      'CREATE INDEX i ON t (a)',
      'CREATE UNIQUE INDEX i ON u (b)',
      'DROP INDEX i',
      'DROP TABLE u',
      'CREATE TABLE u (id INTEGER PRIMARY KEY, a, b, c)',
      'PRAGMA user_version = 7',
      'PRAGMA user_version',
      'PRAGMA foreign_key_check',
      "SELECT name, type FROM pragma_table_info('t')",
      'SELECT type, name, sql FROM sqlite_schema ORDER BY type, name',
      'EXPLAIN QUERY PLAN SELECT * FROM t WHERE id = 1',
      'SELECT abs(-9223372036854775807 - 1)',
      'SELEC 1',
    ),
  ),
);

export const SCHEMA = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a INT CHECK (a IS NOT 3), b TEXT NOT NULL DEFAULT 'b', c);
  CREATE TABLE u (id INTEGER PRIMARY KEY REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED, a REAL UNIQUE, b NUMERIC, c BLOB);
  CREATE TABLE log (x);
  CREATE TRIGGER added AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END;
  CREATE VIRTUAL TABLE f USING fts5 (x);
`;

export interface Outcome {
  readonly rows?: readonly unknown[];
  readonly cols?: readonly unknown[];
  readonly changes?: number;
  readonly lastInsertRowid?: bigint | null;
  readonly error?: string;
  readonly inTransaction: boolean;
}

const INSERTS = /^(?:INSERT|REPLACE)/;
const WRITES = /^(?:INSERT|REPLACE|UPDATE|DELETE)/;

/** What SQLite itself does with it. */
export function runPlain(db: DatabaseSync, { sql, args }: Step): Outcome {
  try {
    const prepared = db.prepare(sql);
    const rows = prepared.all(...args) as unknown[];
    const cols = prepared.columns().map(({ name, type }) => ({ name, decltype: type }));
    const counted = db.prepare('SELECT changes(), last_insert_rowid()').get() as unknown as [bigint, bigint];
    const changes = WRITES.test(sql) ? Number(counted[0]) : 0;
    const lastInsertRowid = INSERTS.test(sql) ? counted[1] : null;
    return { rows, cols, changes, lastInsertRowid, inTransaction: db.isTransaction };
  } catch (error) {
    return { error: error instanceof Error ? error.message : '', inTransaction: db.isTransaction };
  }
}

/** The words of SQLite in the message of one of our errors. */
export function sqliteWords(message: string): string {
  return message
    .replace(/^(?:SQLite error|SQL input error|SQL string could not be parsed): /, '')
    .replace(/ \(at offset \d+\)$/, '');
}

export function openPlain(): DatabaseSync {
  return new DatabaseSync(':memory:', {
    readBigInts: true,
    returnArrays: true,
    enableDoubleQuotedStringLiterals: true,
    defensive: false,
  });
}

/** Everything that the database holds. */
export function contentOf(db: DatabaseSync): unknown {
  const all = (sql: string): unknown[][] => db.prepare(sql).all() as unknown as unknown[][];
  const schema = all('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name');
  const tables = schema.filter(([type]) => type === 'table').map(([, name]) => String(name));
  return {
    schema,
    rows: tables.map((name) => [name, all(`SELECT * FROM "${name}"`)]),
    version: all('PRAGMA user_version'),
    isSound: all('PRAGMA integrity_check'),
  };
}
