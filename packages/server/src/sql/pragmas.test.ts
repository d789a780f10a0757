/**
 * Pragmas that clients send when they open a database, and what may not be learnt from one.
 */
import path from 'node:path';

import { expect, test } from 'vitest';

import { newDatabase, READ, scopeOf, stmt } from './testing.ts';

const full = scopeOf();

test.each([
  ['PRAGMA journal_mode = WAL', [['wal']]],
  ['PRAGMA journal_mode = DELETE', [['wal']]],
  ['PRAGMA main.journal_mode(delete)', [['wal']]],
  ['PRAGMA "journal_mode" = off', [['wal']]],
  ['PRAGMA busy_timeout = 5000', [[0n]]],
  ['PRAGMA locking_mode = EXCLUSIVE', [['normal']]],
  ['PRAGMA wal_autocheckpoint = 1000', [[0n]]],
  ['PRAGMA synchronous = OFF', []],
  ['PRAGMA cache_size = -64000', []],
  ['PRAGMA temp_store = FILE', []],
  ['PRAGMA mmap_size = 30000000000', [[0n]]],
  ['PRAGMA page_size = 8192', []],
  ['PRAGMA auto_vacuum = FULL', []],
  ['PRAGMA optimize', []],
])('%s is accepted and changes nothing, with any token', async (sql, rows) => {
  const connection = newDatabase({ synchronous: 'full' }).connect();
  const settings = async (): Promise<unknown> => {
    const names = ['journal_mode', 'synchronous', 'cache_size', 'page_size', 'locking_mode', 'wal_autocheckpoint'];
    return await Promise.all(names.map(async (name) => (await connection.execute(stmt(`PRAGMA ${name}`), full)).rows));
  };
  const before = await settings();
  expect((await connection.execute(stmt(sql), scopeOf(READ))).rows).toEqual(rows);
  await connection.execute(stmt(sql), full);
  expect(await settings()).toEqual(before);
});

test.each([
  'PRAGMA database_list',
  'PRAGMA/**/"database_list"',
  "PRAGMA main . 'database_list'",
  'SELECT * FROM pragma_database_list',
  'SELECT seq, name, file FROM pragma_database_list()',
  "SELECT group_concat(file) FROM pragma_database_list WHERE file LIKE '%'",
  'EXPLAIN QUERY PLAN SELECT file FROM pragma_database_list',
])('%s does not tell where the server keeps its files', async (sql) => {
  const database = newDatabase();
  const { rows } = await database.connect().execute(stmt(sql), full);
  const folder = path.basename(path.dirname(database.options.path));
  expect(
    JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  ).not.toContain(folder);
});

test('PRAGMA database_list has the columns that SQLite gives it', async () => {
  const { cols, rows } = await newDatabase().connect().execute(stmt('PRAGMA database_list'), full);
  expect(cols.map(({ name }) => name)).toEqual(['seq', 'name', 'file']);
  expect(rows).toEqual([[0n, 'main', '']]);
});

test.each([
  ['table_info', 't'],
  ['table_xinfo', 't'],
  ['index_list', 't'],
  ['index_info', 'i'],
  ['index_xinfo', 'i'],
  ['foreign_key_list', 't'],
  ['table_list', 't'],
])('%s may be asked in each form, with any token', async (pragma, of) => {
  const connection = newDatabase().connect();
  await connection.sequence('CREATE TABLE t (a REFERENCES t); CREATE INDEX i ON t (a)', full);
  for (const form of [`PRAGMA ${pragma}(${of})`, `PRAGMA main.${pragma}('${of}')`, `PRAGMA main.${pragma} = ${of}`]) {
    expect((await connection.execute(stmt(form), scopeOf(READ))).rows).not.toEqual([]);
  }
});
