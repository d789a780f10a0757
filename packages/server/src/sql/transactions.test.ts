import { expect, test } from 'vitest';

import type { SqlStatement } from './statement.ts';
import { FULL, newDatabase, scopeOf, stmt } from './testing.ts';

const full = scopeOf(FULL);

test('writers take their turns: nobody is told that the database is busy', async () => {
  const database = newDatabase();
  const first = database.connect();
  await first.sequence('CREATE TABLE t (a); BEGIN IMMEDIATE', full);
  const order: string[] = [];
  const others = ['b', 'c'].map(async (name) => {
    await database.connect().execute(stmt('INSERT INTO t VALUES (?)', [name]), full);
    order.push(name);
  });
  await first.execute(stmt("INSERT INTO t VALUES ('a')"), full);
  await first.execute(stmt('COMMIT'), full);
  order.push('a');
  await Promise.all(others);
  expect((await first.execute(stmt('SELECT a FROM t ORDER BY rowid'), full)).rows).toEqual([['a'], ['b'], ['c']]);
});

test('what would have to wait is not run at once, and has neither happened nor asked for the lock', async () => {
  const database = newDatabase();
  const [first, second, third] = [database.connect(), database.connect(), database.connect()];
  await first.sequence('CREATE TABLE t (a); BEGIN IMMEDIATE', full);
  const insert = stmt('INSERT INTO t VALUES (1)');
  expect(second.executeNow(insert, full)).toBeUndefined();
  expect(second.executeNow(stmt('SELECT * FROM t'), full)?.rows).toEqual([]);
  first.executeNow(stmt('COMMIT'), full);
  expect(third.executeNow(insert, full)?.affectedRowCount).toBe(1);
  expect(second.executeNow(insert, full)?.affectedRowCount).toBe(1);
  expect(second.executeNow(stmt('SELECT count(*) FROM t'), full)?.rows).toEqual([[2n]]);
  const many = stmt('WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i FROM n');
  expect(second.executeNow(many, full)).toBeUndefined();
  expect((await second.execute(many, full)).rows).toHaveLength(5000);
  expect(second.executeNow(many, full)).toBeUndefined();
});

test('a transaction past its time loses the lock to a waiter, and its stream runs nothing until it says ROLLBACK', async () => {
  const database = newDatabase({ transactionMs: 20 });
  const slow = database.connect();
  await slow.sequence('CREATE TABLE t (a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)', full);
  await database.connect().execute(stmt('INSERT INTO t VALUES (2)'), full);
  for (const sql of ['INSERT INTO t VALUES (3)', 'SELECT 1']) {
    await expect(slow.execute(stmt(sql), full)).rejects.toMatchObject({ code: 'TRANSACTION_TIMEOUT' });
  }
  expect(slow.isAutocommit).toBe(false);
  await slow.execute(stmt('ROLLBACK'), full);
  expect((await slow.execute(stmt('SELECT a FROM t'), full)).rows).toEqual([[2n]]);
});

test('COMMIT of a lost transaction fails, and ends the loss', async () => {
  const database = newDatabase({ transactionMs: 20 });
  const slow = database.connect();
  await slow.sequence('CREATE TABLE t (a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)', full);
  await database.connect().execute(stmt('INSERT INTO t VALUES (2)'), full);
  await expect(slow.execute(stmt('COMMIT'), full)).rejects.toMatchObject({ code: 'TRANSACTION_TIMEOUT' });
  expect((await slow.execute(stmt('SELECT a FROM t'), full)).rows).toEqual([[2n]]);
});

test('a closed stream rolls back, and leaves nothing of itself to the next', async () => {
  const database = newDatabase();
  const first = database.connect();
  await first.sequence('CREATE TABLE t (a); PRAGMA foreign_keys = OFF; BEGIN; INSERT INTO t VALUES (1)', full);
  first.close();
  const second = database.connect();
  expect((await second.execute(stmt('SELECT count(*) FROM t'), full)).rows).toEqual([[0n]]);
  expect((await second.execute(stmt('PRAGMA foreign_keys'), full)).rows).toEqual([[1n]]);
});

test('a source whose transaction or stream is taken away says so, and never pretends to go on', async () => {
  const database = newDatabase({ transactionMs: 20 });
  const slow = database.connect();
  await slow.sequence('CREATE TABLE t (a); BEGIN IMMEDIATE', full);
  const endless = stmt('WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n');
  const source = await slow.query(endless, full);
  source.next(1, 1);
  await database.connect().execute(stmt('INSERT INTO t VALUES (2)'), full);
  expect(() => source.next(1, 1)).toThrow('Transaction timed out');
  await slow.execute(stmt('ROLLBACK'), full);
  const another = await slow.query(endless, full);
  slow.close();
  expect(() => another.next(1, 1)).toThrow('the stream was closed');
});

test('a connection sees at once that another has altered a table', async () => {
  const database = newDatabase();
  const [first, second] = [database.connect(), database.connect()];
  await first.execute(stmt('CREATE TABLE t (a)'), full);
  await second.execute(stmt('INSERT INTO t VALUES (1)'), full);
  await first.execute(stmt('ALTER TABLE t ADD COLUMN b'), full);
  await second.execute(stmt('INSERT INTO t VALUES (?, ?)', [2n, 'two']), full);
  expect((await second.execute(stmt('SELECT b FROM t ORDER BY a'), full)).rows).toEqual([[null], ['two']]);
});

test.each([
  ['outside a transaction', ''],
  ['in a transaction', 'BEGIN; INSERT INTO t VALUES (1, 1)'],
])('a write whose rows are too large to be returned has not happened, %s', async (_where, before) => {
  const connection = newDatabase().connect();
  await connection.sequence(`CREATE TABLE t (a, b); ${before}`, full);
  const insert = stmt('INSERT INTO t VALUES (2, 2), (3, 3) RETURNING zeroblob(1000)');
  await expect(connection.execute({ ...insert, maxBytes: 1_500 }, full)).rejects.toMatchObject({
    code: 'RESPONSE_TOO_LARGE',
  });
  expect(connection.isAutocommit).toBe(before === '');
  expect(await connection.execute({ ...insert, maxBytes: 10_000 }, full)).toMatchObject({
    affectedRowCount: 2,
    rowsWritten: 2,
  });
  expect((await connection.execute(stmt('SELECT count(*) FROM t WHERE a > 1'), full)).rows).toEqual([[2n]]);
  expect(connection.isAutocommit).toBe(before === '');
});

test('a write that returns rows fails as any other does', async () => {
  const connection = newDatabase().connect();
  await connection.sequence(
    `CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1);
     CREATE TABLE k (a REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)`,
    full,
  );
  const constraint = { code: 'SQLITE_CONSTRAINT' };
  await expect(connection.execute(stmt('INSERT INTO k VALUES (9) RETURNING a'), full)).rejects.toMatchObject(
    constraint,
  );
  expect(connection.isAutocommit).toBe(true);
  await connection.sequence('BEGIN; INSERT INTO t VALUES (2)', full);
  const double = 'INTO t VALUES (3), (1) RETURNING a';
  await expect(connection.execute(stmt(`INSERT ${double}`), full)).rejects.toMatchObject(constraint);
  expect(connection.isAutocommit).toBe(false);
  await expect(connection.execute(stmt(`INSERT OR ROLLBACK ${double}`), full)).rejects.toMatchObject(constraint);
  expect(connection.isAutocommit).toBe(true);
  await expect(connection.execute(stmt(`INSERT OR FAIL ${double}`), full)).rejects.toMatchObject(constraint);
  expect((await connection.execute(stmt('SELECT a FROM t ORDER BY a'), full)).rows).toEqual([[1n], [3n]]);
  expect((await connection.execute(stmt('SELECT a FROM k'), full)).rows).toEqual([]);
});

test('a text that gave few rows may give many the next time, and others get their turn meanwhile', async () => {
  const connection = newDatabase().connect();
  const sql = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT i FROM n';
  for (const count of [1n, 1_999n, 2_000n, 2_001n, 2n, 5_000n]) {
    expect((await connection.execute(stmt(sql, [count]), full)).rows).toHaveLength(Number(count));
  }
  const hasty = newDatabase({ statementMs: 50 }).connect();
  await hasty.execute(stmt(sql, [1n]), full);
  const endless = hasty.execute({ ...stmt(sql, [-1n]), wantRows: false }, full);
  await expect(endless).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
});

function absolute(value: bigint): SqlStatement {
  return stmt('SELECT abs(?)', [value]);
}

test('a text that failed with some arguments does not fail with others for that', async () => {
  const connection = newDatabase().connect();
  for (let times = 0; times < 2; times += 1) {
    await expect(connection.execute(absolute(-9223372036854775808n), full)).rejects.toThrow('integer overflow');
    expect((await connection.execute(absolute(1n), full)).rows).toEqual([[1n]]);
    await expect(connection.query(absolute(-9223372036854775808n), full)).rejects.toThrow('integer overflow');
    expect((await connection.query(absolute(2n), full)).next(1, 1)).toEqual([[2n]]);
  }
});
