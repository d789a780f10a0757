/**
 * `/beta/listen`: what is committed is told, once, to who may read it.
 */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { CLOSE, FULL, TestHost } from '../../host/testing/test-host.ts';
import type { HeadParts } from '../../host/testing/test-host.ts';
import type { InstanceRef } from '../../relay/messages.ts';

let host: TestHost;

beforeAll(() => {
  host = new TestHost();
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

interface Feed {
  /** The data of the next events, until their counts make up what is expected. */
  next(): Promise<Record<string, number>>;
  readonly ended: Promise<void>;
}

async function listenTo(instance: InstanceRef, query: string, parts: HeadParts = {}, at = host): Promise<Feed> {
  const channel = at.open('/beta/listen', '', { ...parts, instance, query, method: 'GET' });
  const events: string[] = [];
  let arrived: (() => void) | undefined;
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  channel.handlers.onReply = () => begun.resolve();
  channel.handlers.onData = (bytes) => {
    events.push(
      ...bytes
        .toString()
        .split('\n\n')
        .filter((event) => event !== ''),
    );
    arrived?.();
  };
  channel.handlers.onEnd = () => ended.resolve();
  onTestFinished(() => channel.abort('the test is over'));
  await begun.promise;
  return {
    ended: ended.promise,
    async next() {
      while (events.length === 0) {
        await new Promise<void>((resolve) => (arrived = resolve));
      }
      const [, data] = /^event: changes\ndata: (.*)$/.exec(events.shift() ?? '') ?? [];
      return JSON.parse(data ?? 'null') as Record<string, number>;
    },
  };
}

async function newDatabase(): Promise<InstanceRef> {
  const database = await host.newDatabase();
  await host.pipeline(database, ['CREATE TABLE t (a)', 'CREATE TABLE u (a)', CLOSE]);
  return database;
}

test('rows are counted by what happened to them, on every way in which SQL comes', async () => {
  const database = await newDatabase();
  const feed = await listenTo(database, 'table=T');
  await host.pipeline(database, ['INSERT INTO t VALUES (1), (2), (3)', CLOSE]);
  expect(await feed.next()).toEqual({ insert: 3 });
  await host.pipeline(database, [
    { type: 'sequence', sql: 'INSERT INTO u VALUES (1); UPDATE t SET a = 5 WHERE a > 1' },
  ]);
  expect(await feed.next()).toEqual({ update: 2 });
  const batch = { steps: [{ stmt: { sql: 'DELETE FROM t WHERE a = 1' } }] };
  await host.request('/v3/cursor', { batch }, { instance: database });
  expect(await feed.next()).toEqual({ delete: 1 });
  const socket = await host.socket(database).ready();
  await socket.execute('DELETE FROM t');
  expect(await feed.next()).toEqual({ delete: 2 });
});

test('a transaction is told when it is committed, in one, and not when it is rolled back', async () => {
  const database = await newDatabase();
  const feed = await listenTo(database, 'table=t');
  const lost = await host.pipeline(database, [
    'BEGIN',
    'INSERT INTO t VALUES (1)',
    'ROLLBACK',
    'BEGIN',
    'DELETE FROM t',
  ]);
  await host.pipeline(database, [CLOSE], lost.baton);
  await host.pipeline(database, [
    'BEGIN',
    'INSERT INTO t VALUES (1)',
    'INSERT INTO t VALUES (2)',
    'UPDATE t SET a = 3',
    'COMMIT',
  ]);
  const told = [await feed.next()];
  expect(told).toEqual([{ insert: 2, update: 2 }]);
});

test('what another host commits is told too, once it knows that somebody listens', async () => {
  await using other = new TestHost({ hostId: 2, dataDir: host.dataDir });
  const database = await newDatabase();
  const { databaseId } = database;
  const feed = await listenTo(database, 'table=t');
  await other.pipeline(database, ['INSERT INTO t VALUES (1)', CLOSE]);
  await other.done({ type: 'hear_changes', databaseId, isHeard: true });
  await other.pipeline(database, ['INSERT INTO t VALUES (2), (3)', CLOSE]);
  const event = await other.event(({ type }) => type === 'changes');
  expect(event).toEqual({ type: 'changes', databaseId, changes: [{ table: 't', action: 'insert', rows: 2 }] });
  await host.done({ type: 'tell_changes', databaseId, changes: [{ table: 't', action: 'insert', rows: 2 }] });
  expect(await feed.next()).toEqual({ insert: 2 });
  await other.done({ type: 'hear_changes', databaseId, isHeard: false });
  await other.pipeline(database, ['DELETE FROM t', CLOSE]);
  expect(other.events.filter(({ type }) => type === 'changes')).toHaveLength(1);
});

test('only the actions that are asked for are told', async () => {
  const database = await newDatabase();
  const feed = await listenTo(database, 'table=t&action=delete');
  await host.pipeline(database, ['INSERT INTO t VALUES (1)', 'DELETE FROM t', CLOSE]);
  expect(await feed.next()).toEqual({ delete: 1 });
});

test('a feed ends with its database', async () => {
  const database = await newDatabase();
  const feed = await listenTo(database, 'table=t');
  await host.done({ type: 'drop_database', databaseId: database.databaseId });
  await expect(feed.ended).resolves.toBeUndefined();
});

test.each([
  ['without a table', '', {}, 400],
  ['with an unknown action', 'table=t&action=explode', {}, 400],
  [
    'by a token for another table',
    'table=t',
    { rights: { ...FULL, level: 'grants' as const, grants: [{ tables: ['u'], actions: ['data_read' as const] }] } },
    403,
  ],
])('a request %s is refused with words', async (_, query, parts, status) => {
  const answer = await host.request('/beta/listen', '', {
    ...parts,
    instance: await newDatabase(),
    query,
    method: 'GET',
  });
  expect([answer.status, answer.type]).toEqual([status, 'application/json']);
});
