import { expect, test } from 'vitest';

import { TABLE_ACTIONS } from '../relay/rights.ts';
import type { TableAction } from '../relay/rights.ts';
import type { Connection } from './connection.ts';
import type { Scope } from './statement.ts';
import { FULL, newDatabase, scopeOf, stmt } from './testing.ts';

const full = scopeOf();
const forbidden = { kind: 'forbidden' };
const SCHEMA = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE); INSERT INTO t VALUES (1, 'a');
  CREATE TABLE t_content (x); INSERT INTO t_content VALUES ('secret');
  CREATE TABLE pragma_secrets (x); CREATE TABLE json_tree (x);
  CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO auto VALUES (1);
  CREATE VIEW seen AS SELECT * FROM t;
  CREATE VIRTUAL TABLE words USING fts5(a); INSERT INTO words VALUES ('secret words');
  CREATE VIRTUAL TABLE boxes USING rtree(id, low, high); INSERT INTO boxes VALUES (1, 0, 1);
`;

async function prepared(): Promise<Connection> {
  const database = newDatabase();
  const owner = database.connect();
  await owner.sequence(SCHEMA, full);
  // A connection that has not loaded any virtual table yet.
  return database.connect();
}

function allowing(table: string, ...actions: TableAction[]): Scope {
  return scopeOf({ ...FULL, level: 'grants', grants: [{ tables: [table], actions }] });
}

/** What each right alone is enough for. */
const ENOUGH: readonly [table: string, action: TableAction, sql: string][] = [
  ['t', 'data_read', 'SELECT * FROM t'],
  ['t', 'data_read', "SELECT value FROM json_each('[1, 2]')"],
  ['t', 'data_read', "SELECT name FROM pragma_table_info('t')"],
  ['T', 'data_add', "INSERT INTO t (v) VALUES ('b')"],
  ['t', 'schema_delete', 'DROP TABLE t'],
  ['auto', 'schema_delete', 'DROP TABLE auto'],
  ['seen', 'schema_delete', 'DROP VIEW seen'],
  ['words', 'schema_delete', 'DROP TABLE words'],
  ['boxes', 'schema_delete', 'DROP TABLE boxes'],
  ['t', 'schema_add', 'CREATE INDEX i ON t (v, abs(id)) WHERE id > 0'],
  ['t', 'schema_update', 'ALTER TABLE t ADD COLUMN w CHECK (w > 0)'],
  ['auto', 'schema_update', 'ALTER TABLE auto RENAME TO other'],
  ['auto', 'data_add', 'INSERT INTO auto DEFAULT VALUES'],
  ['n', 'schema_add', 'CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, v UNIQUE)'],
  ['n', 'schema_add', 'CREATE VIRTUAL TABLE n USING fts5(a)'],
  ['n', 'schema_add', 'CREATE VIRTUAL TABLE n USING rtree(id, low, high)'],
  ['words', 'data_read', "SELECT * FROM words WHERE words MATCH 'secret'"],
  ['words', 'data_read', 'SELECT * FROM words_content'],
  ['words', 'data_add', "INSERT INTO words VALUES ('more')"],
  ['boxes', 'data_add', 'INSERT INTO boxes VALUES (2, 0, 1)'],
  ['boxes', 'data_read', 'SELECT * FROM boxes WHERE low < 5'],
];

test.each(ENOUGH)('on %s, %s is enough for %s', async (table, action, sql) => {
  const connection = await prepared();
  await expect(connection.execute(stmt(sql), allowing(table, action))).resolves.toBeDefined();
});

test.each(ENOUGH.filter(([, , sql]) => !/json_each|pragma_table_info/.test(sql)))(
  'on %s, only %s is enough for %s',
  async (table, action, sql) => {
    const connection = await prepared();
    const rest = TABLE_ACTIONS.filter((other) => other !== action);
    await expect(connection.execute(stmt(sql), allowing(table, ...rest))).rejects.toMatchObject(forbidden);
    await expect(connection.execute(stmt(sql), allowing('other', action))).rejects.toMatchObject(forbidden);
  },
);

test('a table belongs to nobody else, whatever its name looks like', async () => {
  const connection = await prepared();
  const scope = allowing('t', 'data_read', 'schema_add');
  for (const sql of [
    'SELECT * FROM t_content',
    'SELECT * FROM pragma_secrets',
    'SELECT * FROM json_tree',
    'SELECT * FROM words_content',
    'SELECT * FROM sqlite_sequence',
  ]) {
    await expect(connection.execute(stmt(sql), scope)).rejects.toMatchObject(forbidden);
  }
});

test('a virtual table takes in no table that was there before, and shows no words of another', async () => {
  const connection = await prepared();
  await connection.execute(stmt('DROP TABLE t'), full);
  const scope = allowing('t', 'schema_add', 'data_read');
  for (const sql of [
    "CREATE VIRTUAL TABLE t USING fts5(x, content='t_content')",
    "CREATE VIRTUAL TABLE t USING fts5vocab('words', 'row')",
  ]) {
    await expect(connection.execute(stmt(sql), scope)).rejects.toMatchObject(forbidden);
  }
});

test('what a table is is known of the schema as it is now', async () => {
  const connection = await prepared();
  const scope = allowing('words', 'data_read');
  const select = stmt('SELECT * FROM words_content');
  await connection.execute(select, scope);
  await connection.sequence('BEGIN; DROP TABLE words; CREATE TABLE words_content (a)', full);
  await expect(connection.execute(select, scope)).rejects.toMatchObject(forbidden);
  await connection.execute(stmt('ROLLBACK'), full);
  await expect(connection.execute(select, scope)).resolves.toBeDefined();
});

test('a virtual table is made again by the same text', async () => {
  const connection = await prepared();
  const scope = allowing('n', 'schema_add', 'schema_delete', 'data_add');
  const create = 'CREATE VIRTUAL TABLE n USING fts5(a)';
  connection.parses(create, scope);
  for (let times = 0; times < 2; times += 1) {
    await connection.sequence(`${create}; INSERT INTO n VALUES ('x'); DROP TABLE n`, scope);
  }
  expect(connection.isAutocommit).toBe(true);
});
