import { expect, test } from 'vitest';

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
