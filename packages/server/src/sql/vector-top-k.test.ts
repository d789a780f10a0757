import { expect, test } from 'vitest';

import type { Connection } from './connection.ts';
import { newDatabase, READ, scopeOf, stmt } from './testing.ts';

const full = scopeOf();

async function places(): Promise<Connection> {
  const connection = newDatabase().connect();
  await connection.sequence(
    `CREATE TABLE places (name TEXT, at F32_BLOB(2));
     CREATE INDEX "places at" ON places (libsql_vector_idx(at, 'metric=l2', 'compress_neighbors=float8'));
     INSERT INTO places VALUES ('origin', vector('[0,0]')), ('east', vector('[3,0]')), ('north', '[0,1]'), ('none', NULL)`,
    full,
  );
  return connection;
}

async function rows(connection: Connection, sql: string, ...args: (string | bigint | number | Uint8Array)[]) {
  return (await connection.execute(stmt(sql, args), full)).rows;
}

test.each([
  "SELECT places.name FROM vector_top_k('places at', '[2,0]', 2) AS top JOIN places ON places.rowid = top.id",
  "SELECT places.name FROM vector_top_k('places at', vector32('[2,0]'), 2) top JOIN places ON places.rowid = top.rowid",
  "SELECT name FROM vector_top_k('places at', '[2,0]', 2) JOIN places ON places.rowid = id",
  "SELECT name FROM VECTOR_TOP_K ( 'main.places at' , '[2,0]' , 1 + 1 ) JOIN places p ON p.rowid = vector_top_k.id",
  "SELECT name FROM places WHERE rowid IN vector_top_k('places at', '[2,0]', 2) ORDER BY name",
  "SELECT name FROM places WHERE rowid IN (SELECT id FROM vector_top_k('places at', '[2,0]', 2)) ORDER BY name",
  "WITH near AS (SELECT id FROM vector_top_k('places at', '[2,0]', 2)) SELECT name FROM near, places ON near.id = places.rowid",
])('the nearest are found: %s', async (sql) => {
  expect(await rows(await places(), sql)).toEqual([['east'], ['origin']]);
});

test('arguments keep their order', async () => {
  const connection = await places();
  const sql =
    "SELECT ? AS first, name FROM vector_top_k('places at', vector32(?), ?) JOIN places ON places.rowid = id WHERE name <> ?";
  expect(await rows(connection, sql, 'a', '[0,2]', 2n, 'origin')).toEqual([['a', 'north']]);
  expect(await rows(connection, sql, 'b', '[0,2]', 2, 'north')).toEqual([['b', 'origin']]);
  expect(connection.describe(sql, full).params).toHaveLength(4);
});

test('named arguments, and a rowid of the result, are understood', async () => {
  const connection = await places();
  const sql =
    "SELECT name FROM vector_top_k('places at', vector(:near), CAST(:k AS INTEGER)) AS top JOIN places p ON top.rowid = p.rowid";
  const named = [
    { name: 'k', value: 1 },
    { name: ':near', value: '[5,5]' },
  ];
  expect((await connection.execute(stmt(sql, [], named), full)).rows).toEqual([['east']]);
});

test('two searches in one statement do not meddle with each other', async () => {
  const connection = await places();
  const sql = `SELECT a.name, b.name FROM vector_top_k('places at', ?, 1) x JOIN places a ON a.rowid = x.id
    JOIN vector_top_k('places at', ?, 1) y JOIN places b ON b.rowid = y.rowid`;
  expect(await rows(connection, sql, '[9,0]', '[0,9]')).toEqual([['east', 'north']]);
});

test('the search sees rows as they are now, also within the transaction', async () => {
  const connection = await places();
  const sql = "SELECT name FROM vector_top_k('places at', '[9,9]', 1) JOIN places ON places.rowid = id";
  await connection.sequence("BEGIN; INSERT INTO places VALUES ('far', vector('[9,9]'))", full);
  expect(await rows(connection, sql)).toEqual([['far']]);
  await connection.sequence("UPDATE places SET at = vector('[-9,-9]') WHERE name = 'far'", full);
  expect(await rows(connection, sql)).toEqual([['east']]);
  await connection.sequence("DELETE FROM places WHERE name = 'east'; COMMIT", full);
  expect(await rows(connection, sql)).toEqual([['north']]);
  expect(await rows(connection, 'PRAGMA integrity_check')).toEqual([['ok']]);
});

test('an index that is made anew is searched as it is then', async () => {
  const connection = newDatabase().connect();
  await connection.sequence(
    `CREATE TABLE t (e FLOAT64(2)); INSERT INTO t VALUES (vector64('[10,10]')), (vector64('[1,0]'));
     CREATE INDEX i ON t (libsql_vector_idx(e))`,
    full,
  );
  const sql = "SELECT id FROM vector_top_k('i', vector64('[1,1]'), 1)";
  expect(await rows(connection, sql)).toEqual([[1n]]);
  await connection.sequence("DROP INDEX i; CREATE INDEX i ON t (libsql_vector_idx(e, 'metric=l2'))", full);
  expect(await rows(connection, sql)).toEqual([[2n]]);
});

test('a table without rowid is answered with its key, and a column called rowid is no hindrance', async () => {
  const connection = newDatabase().connect();
  await connection.sequence(
    `CREATE TABLE w (code TEXT PRIMARY KEY, e F32_BLOB(1)) WITHOUT ROWID; INSERT INTO w VALUES ('x', vector('[1]'));
     CREATE INDEX wi ON w (libsql_vector_idx(e));
     CREATE TABLE r (rowid TEXT, e F32_BLOB(1)); INSERT INTO r VALUES ('text', vector('[1]'));
     CREATE INDEX IF NOT EXISTS ri ON r (libsql_vector_idx("e"))`,
    full,
  );
  expect(await rows(connection, "SELECT * FROM vector_top_k('wi', '[1]', 5)")).toEqual([['x']]);
  expect(await rows(connection, "SELECT * FROM vector_top_k('ri', '[1]', 5)")).toEqual([[1n]]);
});

test('the ten thousandth vector is found exactly', async () => {
  const connection = newDatabase().connect();
  await connection.sequence(
    `CREATE TABLE t (id INTEGER PRIMARY KEY, e F32_BLOB(3)); CREATE INDEX i ON t (libsql_vector_idx(e, 'metric=l2'));
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
     INSERT INTO t SELECT i, vector(format('[%d,%d,%d]', i, i % 7, i % 11)) FROM n`,
    full,
  );
  const found = await rows(connection, "SELECT id FROM vector_top_k('i', ?, 3)", '[9999.9, 4, 1]');
  const sorted = await rows(connection, 'SELECT id FROM t ORDER BY vector_distance_l2(e, ?) LIMIT 3', '[9999.9, 4, 1]');
  expect(found).toEqual(sorted);
  expect(found[0]).toEqual([10_000n]);
});

test('vectors work in triggers, defaults, views and generated columns', async () => {
  const connection = newDatabase().connect();
  await connection.sequence(
    `CREATE TABLE t (text TEXT DEFAULT '[1,2]', e F32_BLOB(2), made AS (vector_extract(vector(text))) STORED);
     CREATE INDEX i ON t (libsql_vector_idx(e));
     CREATE TRIGGER fill AFTER INSERT ON t BEGIN UPDATE t SET e = vector(new.text) WHERE rowid = new.rowid; END;
     CREATE VIEW nearest AS SELECT text FROM vector_top_k('i', '[1,1]', 1) JOIN t ON t.rowid = id;
     INSERT INTO t DEFAULT VALUES; INSERT INTO t (text) VALUES ('[5,5]')`,
    full,
  );
  expect(await rows(connection, 'SELECT text, made FROM nearest NATURAL JOIN t')).toEqual([['[5,5]', '[5,5]']]);
});

test.each([
  ["SELECT * FROM vector_top_k('missing', '[1,2]', 1)", 'failed to parse vector index parameters'],
  ["SELECT * FROM vector_top_k('places at', '[1]', 1)", 'dimensions are different: 1 != 2'],
  ["SELECT * FROM vector_top_k('places at', vector64('[1,2]'), 1)", 'vector type differs from column type: 2 != 1'],
  ["SELECT * FROM vector_top_k('places at', '[1,2]', -1)", 'third parameter (k) must be'],
  ["SELECT * FROM vector_top_k('places at', '[1,2]', 'x')", 'third parameter (k) must be'],
  ["SELECT * FROM vector_top_k('places at', '[1,2]')", 'got 2 parameters, expected 3'],
  ["SELECT * FROM vector_top_k('places at', NULL, 1)", 'unexpected value type: got NULL'],
  ["INSERT INTO places VALUES ('bad', 'abc')", "must start with '['"],
  ['CREATE INDEX j ON places (libsql_vector_idx(name))', 'unexpected vector column type: TEXT'],
  ["CREATE INDEX j ON places (libsql_vector_idx(at, 'metric=l3'))", "invalid vector index parameter 'metric=l3'"],
  ['CREATE INDEX j ON places (libsql_vector_idx(at), name)', 'must contain exactly one column'],
])('%s is refused: %s', async (sql, message) => {
  const connection = await places();
  await expect(connection.execute(stmt(sql), full)).rejects.toMatchObject({
    code: 'SQLITE_UNKNOWN',
    message: expect.stringContaining(message),
  });
});

test('a search reads the table, with the rights that this needs', async () => {
  const connection = await places();
  const sql = "SELECT id FROM vector_top_k('places at', '[0,0]', 1)";
  expect((await connection.execute(stmt(sql), scopeOf(READ))).rows).toEqual([[1n]]);
  expect(connection.isPlainRead(sql, full)).toBe(true);
  const other = scopeOf({ ...READ, level: 'grants', grants: [{ tables: ['other'], actions: ['data_read'] }] });
  await expect(connection.execute(stmt(sql), other)).rejects.toMatchObject({ kind: 'forbidden' });
});

test('text that only speaks of a search is left as it is', async () => {
  const connection = newDatabase().connect();
  const sql = `SELECT 'vector_top_k(''i'', 1, 2)' AS "vector_top_k(" -- vector_top_k('i')`;
  expect(await rows(connection, sql)).toEqual([["vector_top_k('i', 1, 2)"]]);
});
