import { expect, test } from 'vitest';

import { newDatabase, scopeOf, stmt } from './testing.ts';

const full = scopeOf();

test('a refusal is told for the statement that was refused, and for no later one', async () => {
  const connection = newDatabase().connect();
  await connection.sequence('CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)', full);
  const unique = { code: 'SQLITE_CONSTRAINT' };
  await expect(connection.execute(stmt('INSERT INTO t VALUES (1)'), full)).rejects.toMatchObject(unique);
  await expect(connection.execute(stmt('ANALYZE'), full)).rejects.toMatchObject({ code: 'SQL_PARSE_ERROR' });
  await expect(connection.execute(stmt('INSERT INTO t VALUES (1)'), full)).rejects.toMatchObject(unique);
});

test.each(['EXPLAIN', 'EXPLAIN QUERY PLAN'])('%s of a pragma sets nothing', async (explain) => {
  const connection = newDatabase().connect();
  await connection.execute(stmt(`${explain} PRAGMA foreign_keys = OFF`), full);
  await connection.execute(stmt(`${explain} PRAGMA user_version = 7`), full);
  const state = 'SELECT * FROM pragma_foreign_keys, pragma_user_version';
  expect((await connection.execute(stmt(state), full)).rows).toEqual([[1n, 0n]]);
});
