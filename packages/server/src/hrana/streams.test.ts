/**
 * Streams over HTTP: what a baton is good for, and what becomes of a stream that nobody uses.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CLOSE, rowsOf, TestHost } from '../host/testing/test-host.ts';

let host: TestHost;

beforeAll(() => {
  // No stream of these tests expires, however slow the machine.
  host = new TestHost({ streamIdleMs: 600_000 });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

describe('a baton', () => {
  test('continues its stream once; the next answer brings another', async () => {
    const database = await host.newDatabase();
    const first = await host.pipeline(database, ['CREATE TABLE t (a)', 'BEGIN', 'INSERT INTO t VALUES (1)']);
    const second = await host.pipeline(database, ['INSERT INTO t VALUES (2)'], first.baton);
    expect(second.baton).not.toBe(first.baton);
    const third = await host.pipeline(database, ['COMMIT', CLOSE], second.baton);
    expect(third.baton).toBeNull();
    expect(await host.values(database, 'SELECT a FROM t')).toEqual(['1', '2']);
  });

  test('that was used before is refused, and the stream goes on', async () => {
    const database = await host.newDatabase();
    const first = await host.pipeline(database, ['CREATE TABLE t (a)', 'BEGIN']);
    const second = await host.pipeline(database, ['INSERT INTO t VALUES (1)'], first.baton);
    const again = await host.pipeline(database, ['COMMIT'], first.baton);
    expect(again).toMatchObject({ status: 400, code: 'BATON_REUSED' });
    expect(await host.pipeline(database, ['COMMIT', CLOSE], second.baton)).toMatchObject({ status: 200 });
    expect(await host.values(database, 'SELECT a FROM t')).toEqual(['1']);
  });

  test('that is sent twice at once runs once', async () => {
    const database = await host.newDatabase();
    const { baton } = await host.pipeline(database, ['CREATE TABLE t (a)']);
    const answers = await Promise.all([
      host.pipeline(database, ['INSERT INTO t VALUES (1)'], baton),
      host.pipeline(database, ['INSERT INTO t VALUES (2)'], baton),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400]);
    expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['1']);
  });

  test('with one character changed is refused with a code, and a new stream works', async () => {
    const database = await host.newDatabase();
    const { baton } = await host.pipeline(database, ['SELECT 1']);
    const forged = `${baton?.slice(0, 20)}${baton?.[20] === 'A' ? 'B' : 'A'}${baton?.slice(21)}`;
    expect(await host.pipeline(database, ['SELECT 1'], forged)).toMatchObject({ status: 400, code: 'BATON_INVALID' });
    expect(await host.values(database, 'SELECT 1')).toEqual(['1']);
  });

  test('opens no other database', async () => {
    const [one, other] = [await host.newDatabase(), await host.newDatabase()];
    const { baton } = await host.pipeline(one, ['CREATE TABLE secret (a)']);
    const answer = await host.pipeline(other, ['SELECT * FROM secret'], baton);
    expect(answer).toMatchObject({ status: 400, code: 'BATON_INVALID' });
  });

  test('of another host says that its stream is lost', async () => {
    const batonKey = Buffer.alloc(32, 7).toString('base64');
    await using first = new TestHost({ hostId: 1, batonKey });
    await using second = new TestHost({ hostId: 2, batonKey });
    const { baton } = await first.pipeline(await first.newDatabase(), ['BEGIN']);
    const database = await second.newDatabase();
    expect(await second.pipeline(database, ['COMMIT'], baton)).toMatchObject({ status: 400, code: 'STREAM_LOST' });
    expect(await second.values(database, 'SELECT 1')).toEqual(['1']);
  });

  test('of a closed stream is not given, and what follows a close in one pipeline fails as a whole', async () => {
    const database = await host.newDatabase();
    expect(await host.pipeline(database, ['SELECT 1', CLOSE])).toMatchObject({ status: 200, baton: null });
    expect(await host.pipeline(database, [CLOSE, 'SELECT 1'])).toMatchObject({ status: 400, code: 'STREAM_CLOSED' });
  });
});

test('an idle stream expires with STREAM_EXPIRED, and its transaction holds nobody up', async () => {
  // Transactions keep their lock: only the expiry sets it free.
  await using hasty = new TestHost({ streamIdleMs: 300, transactionMs: 600_000 });
  const database = await hasty.newDatabase();
  const { baton } = await hasty.pipeline(database, [
    'CREATE TABLE t (a)',
    'BEGIN IMMEDIATE',
    'INSERT INTO t VALUES (1)',
  ]);
  const writer = await hasty.pipeline(database, ['INSERT INTO t VALUES (2)', CLOSE]);
  expect(rowsOf(writer.results[0])).toEqual([]);
  expect(await hasty.pipeline(database, ['INSERT INTO t VALUES (3)', 'COMMIT'], baton)).toMatchObject({
    status: 400,
    code: 'STREAM_EXPIRED',
  });
  expect(await hasty.values(database, 'SELECT a FROM t')).toEqual(['2']);
  const other = await hasty.newDatabase();
  expect(await hasty.pipeline(other, ['SELECT 1'], baton)).toMatchObject({ status: 400, code: 'BATON_INVALID' });
});

test('a stream whose client goes away in the middle of a request is rolled back', async () => {
  const database = await host.newDatabase();
  const holder = await host.pipeline(database, ['CREATE TABLE t (a)', 'BEGIN IMMEDIATE']);
  const requests = ['BEGIN IMMEDIATE', 'INSERT INTO t VALUES (1)', 'COMMIT'].map((sql) => ({
    type: 'execute',
    stmt: { sql },
  }));
  // It waits for the lock when its client goes away.
  const waiting = host.open('/v2/pipeline', JSON.stringify({ requests }), { instance: database });
  waiting.abort('the client is gone');
  await host.pipeline(database, ['COMMIT', CLOSE], holder.baton);
  expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['0']);
});

test('a database that is dropped tells its streams so, and its name is free at once', async () => {
  const database = await host.newDatabase();
  const { baton } = await host.pipeline(database, ['CREATE TABLE t (a)', 'BEGIN', 'INSERT INTO t VALUES (1)']);
  await host.done({ type: 'drop_database', databaseId: database.databaseId });
  const answer = await host.pipeline(database, ['COMMIT'], baton);
  expect(answer.status).toBe(404);
  expect(answer.message).toMatch(/deleted/);
  await host.done({ type: 'create_database', instance: database });
  expect(await host.values(database, 'SELECT count(*) FROM sqlite_schema')).toEqual(['0']);
});

test('the gateway is told when a database has streams that outlive their request, and when it has none', async () => {
  const database = await host.newDatabase();
  const { databaseId } = database;
  const { baton } = await host.pipeline(database, ['SELECT 1']);
  await host.event((event) => event.type === 'streams' && event.databaseId === databaseId && event.open === 1);
  await host.pipeline(database, [CLOSE], baton);
  await host.event((event) => event.type === 'streams' && event.databaseId === databaseId && event.open === 0);
  await host.values(database, 'SELECT 1');
  expect(host.events.filter((event) => event.type === 'streams' && event.databaseId === databaseId)).toHaveLength(2);
});

describe('more streams than a database may have', () => {
  test('take the place of those that are idle longest', async () => {
    await using small = new TestHost({ maxStreamsPerDatabase: 3 });
    const database = await small.newDatabase();
    const batons: (string | null)[] = [];
    for (let count = 0; count < 20; count += 1) {
      batons.push((await small.pipeline(database, ['SELECT 1'])).baton);
    }
    expect(await small.values(database, 'SELECT 1')).toEqual(['1']);
    expect(await small.pipeline(database, ['SELECT 1'], batons[0])).toMatchObject({
      status: 400,
      code: 'STREAM_EXPIRED',
    });
    expect(await small.pipeline(database, ['SELECT 1'], batons[19])).toMatchObject({ status: 200 });
  });

  test('are refused with a code while every one has a transaction, and only then', async () => {
    await using small = new TestHost({ maxStreamsPerDatabase: 3 });
    const database = await small.newDatabase();
    const open = await Promise.all([1, 2, 3].map(async () => await small.pipeline(database, ['BEGIN', 'SELECT 1'])));
    expect(await small.pipeline(database, ['SELECT 1'])).toMatchObject({ status: 429, code: 'TOO_MANY_STREAMS' });
    expect(await small.values(await small.newDatabase(), 'SELECT 1')).toEqual(['1']);
    await small.pipeline(database, [CLOSE], open[0]?.baton);
    expect(await small.values(database, 'SELECT 1')).toEqual(['1']);
  });
});
