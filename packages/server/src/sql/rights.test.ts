import { expect, test } from 'vitest';

import type { Grant, Rights } from '../relay/rights.ts';
import type { Connection } from './connection.ts';
import type { Scope } from './statement.ts';
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

const REPLACING = [
  "INSERT OR REPLACE INTO t VALUES (1, 'new')",
  "REPLACE INTO t VALUES (1, 'new')",
  "WITH x AS (SELECT 1) INSERT /* or */ OR -- this\n REPLACE INTO t SELECT 1, 'new'",
  'UPDATE OR REPLACE t SET id = 1 WHERE id = 2',
  "CREATE TRIGGER r AFTER UPDATE ON t BEGIN INSERT OR REPLACE INTO t VALUES (1, 'new'); END",
];

test.each(REPLACING)('%s needs the right to delete', async (sql) => {
  const connection = newDatabase().connect();
  await connection.sequence(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a'), (2, 'b')",
    full,
  );
  const without = { tables: null, actions: ['data_read', 'data_add', 'data_update', 'schema_add'] } as const;
  for (let times = 0; times < 2; times += 1) {
    await expect(connection.execute(stmt(sql), scopeOf(grants(without)))).rejects.toMatchObject({ kind: 'forbidden' });
  }
  const more = { tables: null, actions: ['data_delete'] } as const;
  await expect(connection.execute(stmt(sql), scopeOf(grants(without, more)))).resolves.toBeDefined();
});

test('the function replace is not taken for the statement', async () => {
  const connection = newDatabase().connect();
  await connection.execute(stmt('CREATE TABLE t (a)'), full);
  const scope = scopeOf(grants({ tables: ['t'], actions: ['data_read', 'data_add', 'data_update'] }));
  await connection.execute(stmt("INSERT INTO t SELECT 0 OR replace('a', 'b', 'c')"), scope);
  await connection.execute(stmt("UPDATE t SET a = a OR replace(a, 'b', 'c')"), scope);
  expect((await connection.execute(stmt('SELECT a FROM t'), scope)).rows).toEqual([[0n]]);
});

test('what one caller has attached is not readable for another on the same stream', async () => {
  const other = newDatabase();
  await other.connect().sequence("CREATE TABLE z (a); INSERT INTO z VALUES ('of another')", full);
  const connection = newDatabase().connect();
  const allowed: Scope = { ...full, attachPath: () => other.options.path };
  await connection.execute(stmt('ATTACH other AS "O"'), allowed);
  const read = 'SELECT * FROM o.z';
  expect((await connection.execute(stmt(read), allowed)).rows).toEqual([['of another']]);
  for (const scope of [full, { ...full, attachPath: () => `${other.options.path}2` }]) {
    for (const sql of [read, 'SELECT a FROM z', 'PRAGMA table_info(z)', 'PRAGMA table_list']) {
      await expect(connection.execute(stmt(sql), scope)).rejects.toMatchObject({ kind: 'forbidden' });
      await expect(connection.query(stmt(sql), scope)).rejects.toMatchObject({ kind: 'forbidden' });
      await expect(connection.sequence(sql, scope)).rejects.toMatchObject({ kind: 'forbidden' });
      expect(() => connection.describe(sql, scope)).toThrow('AttachRead on other');
    }
  }
  await connection.execute(stmt('DETACH o'), full);
  expect((await connection.execute(stmt('SELECT 1'), full)).rows).toEqual([[1n]]);
});

test('a stream learns nothing of what another wrote before it on the same connection', async () => {
  const database = newDatabase();
  const select = stmt('SELECT last_insert_rowid(), changes()');
  for (let times = 0; times < 2; times += 1) {
    const writer = database.connect();
    expect((await writer.execute(select, full)).rows).toEqual([[0n, 0n]]);
    await writer.sequence('DROP TABLE IF EXISTS t; CREATE TABLE t (a)', full);
    // Counted from nothing, too.
    expect(await writer.execute(stmt('INSERT INTO t VALUES (1), (2)'), full)).toMatchObject({ rowsWritten: 2 });
    expect((await writer.execute(select, full)).rows).toEqual([[2n, 2n]]);
    writer.close();
  }
  const transaction = database.connect();
  await transaction.sequence('BEGIN', full);
  expect((await transaction.execute(select, full)).rows).toEqual([[0n, 0n]]);
  transaction.close();
  expect((await database.connect().execute(stmt('SELECT total_changes()'), full)).rows).toEqual([[0n]]);
  expect((await database.connect().execute(stmt('PRAGMA database_list'), full)).rows).toHaveLength(1);
});

test('total_changes() is that of the stream, also in a transaction that has written and in one that has not', async () => {
  const database = newDatabase();
  const total = async (connection: Connection): Promise<unknown> => {
    const { cols, rows } = await connection.execute(stmt('SELECT Total_Changes (), 1 + total_changes()'), full);
    return [cols.map(({ name }) => name), rows];
  };
  const names = ['Total_Changes ()', '1 + total_changes()'];
  const writer = database.connect();
  await writer.sequence(
    `CREATE TABLE t (a); CREATE TABLE log (a); CREATE VIEW v AS SELECT total_changes() AS n;
     CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (1); END; INSERT INTO t VALUES (1), (2)`,
    full,
  );
  expect(await total(writer)).toEqual([names, [[4n, 5n]]]);
  writer.close();
  const second = database.connect();
  await second.sequence('BEGIN', full);
  expect(await total(second)).toEqual([names, [[0n, 1n]]]);
  await second.sequence('INSERT INTO t VALUES (3)', full);
  expect(await total(second)).toEqual([names, [[2n, 3n]]]);
  await second.sequence('ROLLBACK', full);
  // As in SQLite, what was rolled back counts too.
  expect(await total(second)).toEqual([names, [[2n, 3n]]]);
  second.close();
  expect((await database.connect().execute(stmt('SELECT n FROM v'), full)).rows).toEqual([[0n]]);
});
