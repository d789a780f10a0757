import { expect, test } from 'vitest';

import type { Grant, Rights } from '../relay/rights.ts';
import { FULL, newDatabase, READ, scopeOf, stmt } from './testing.ts';

const full = scopeOf();

function grants(...list: readonly Grant[]): Rights {
  return { ...FULL, level: 'grants', grants: list };
}

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

test.each(['BEGIN IMMEDIATE', 'BEGIN EXCLUSIVE TRANSACTION'])(
  '%s of a caller who may only read holds up no writer',
  async (begin) => {
    const database = newDatabase({ transactionMs: 20 });
    const writer = database.connect();
    await writer.execute(stmt('CREATE TABLE t (a)'), full);
    for (const rights of [READ, grants({ tables: ['t'], actions: ['data_read'] })]) {
      const reader = database.connect();
      await reader.execute(stmt(begin), scopeOf(rights));
      expect(reader.isAutocommit).toBe(false);
      await writer.execute(stmt('INSERT INTO t VALUES (1)'), full);
      // It would have been rolled back, had it held up the writer for its time.
      await reader.execute(stmt('COMMIT'), scopeOf(rights));
    }
    expect((await writer.execute(stmt('SELECT count(*) FROM t'), full)).rows).toEqual([[2n]]);
  },
);
