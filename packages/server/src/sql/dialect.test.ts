import { expect, test } from 'vitest';

import { newDatabase, scopeOf, stmt } from './testing.ts';

const full = scopeOf();

test.each([
  ['CREATE TABLE x (a) RANDOM ROWID', 'DEFAULT (random())'],
  ['create table x (a, b) strict, random rowid', 'DEFAULT (random())'],
  ['ALTER TABLE t ALTER COLUMN a TO a INTEGER NOT NULL', 'make a new table'],
  ["CREATE FUNCTION f LANGUAGE wasm AS x'00'", 'compute the value in the client'],
  ['CREATE OR REPLACE FUNCTION f LANGUAGE wasm AS $code', 'compute the value in the client'],
  ['DROP FUNCTION f', 'there are no WebAssembly functions'],
])('%s is refused with the way out', async (sql, wayOut) => {
  const connection = newDatabase().connect();
  await connection.execute(stmt('CREATE TABLE t (a)'), full);
  await expect(connection.execute(stmt(sql), full)).rejects.toMatchObject({
    code: 'SQL_PARSE_ERROR',
    message: expect.stringMatching(/^SQL string could not be parsed: unsupported statement: /),
  });
  await expect(connection.execute(stmt(sql), full)).rejects.toThrow(wayOut);
});

test('the way out is one', async () => {
  const connection = newDatabase().connect();
  await connection.sequence(
    `CREATE TABLE x (id INTEGER PRIMARY KEY DEFAULT (random()), a) WITHOUT ROWID; INSERT INTO x (a) VALUES (1), (2);
     CREATE TABLE t (a); INSERT INTO t VALUES ('5');
     CREATE TABLE t_new (a INTEGER NOT NULL); INSERT INTO t_new SELECT * FROM t; DROP TABLE t;
     ALTER TABLE t_new RENAME TO t`,
    full,
  );
  expect((await connection.execute(stmt('SELECT a FROM t'), full)).rows).toEqual([[5n]]);
  const ids = (await connection.execute(stmt('SELECT id FROM x'), full)).rows.flat();
  expect(ids.filter((id) => typeof id === 'bigint' && id !== 1n && id !== 2n)).toHaveLength(2);
});

test('a mistake that only looks like it is an ordinary one', async () => {
  const connection = newDatabase().connect();
  await expect(connection.execute(stmt('CREATE TABLE "RANDOM ROWID" (a,'), full)).rejects.toMatchObject({
    message: 'SQL string could not be parsed: incomplete input',
  });
  await connection.execute(stmt('CREATE TABLE "ALTER" ("RANDOM" ROWID, "FUNCTION")'), full);
  expect((await connection.execute(stmt('SELECT "RANDOM" FROM "ALTER"'), full)).cols).toEqual([
    { name: 'RANDOM', decltype: 'ROWID' },
  ]);
});
