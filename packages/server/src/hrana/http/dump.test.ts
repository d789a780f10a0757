import { DatabaseSync } from 'node:sqlite';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { CLOSE, FULL, SETTINGS, TestHost } from '../../host/testing/test-host.ts';
import type { InstanceRef } from '../../relay/messages.ts';

let host: TestHost;
let database: InstanceRef;

beforeAll(async () => {
  host = new TestHost({ maxResponseBytes: 100_000 });
  database = await host.newDatabase();
  await host.pipeline(database, [
    'CREATE TABLE t (id INTEGER PRIMARY KEY, v)',
    'CREATE TABLE log (id)',
    'CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END',
    'WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i, hex(randomblob(500)) FROM n',
    CLOSE,
  ]);
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

test('a dump is larger than any answer may be, and makes the database anew', async () => {
  const answer = await host.request('/dump', '', { instance: database, method: 'GET' });
  expect(answer).toMatchObject({ status: 200, type: 'text/plain' });
  expect(answer.body.length).toBeGreaterThan(5_000_000);
  const db = new DatabaseSync(':memory:');
  db.exec(answer.body.toString());
  const made = db.prepare('SELECT (SELECT count(*) FROM t) t, (SELECT count(*) FROM log) log, sum(length(v)) v FROM t');
  expect(made.get()).toEqual({ t: 5_000, log: 5_000, v: 5_000_000 });
  expect(db.prepare("SELECT count(*) n FROM sqlite_schema WHERE type = 'trigger'").get()).toEqual({ n: 1 });
  db.close();
});

test('a dump shows one moment, whatever is written meanwhile', async () => {
  const source = await host.newDatabase();
  const fill =
    'WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO %s SELECT i, hex(randomblob(500)) FROM n';
  const fills = ['a', 'b'].map((table) => fill.replace('%s', table));
  await host.pipeline(source, ['CREATE TABLE a (i, v)', 'CREATE TABLE b (i, v)', ...fills, CLOSE]);
  const channel = host.open('/dump', '', { instance: source, method: 'GET' });
  const parts: Buffer[] = [];
  let hasWritten = false;
  const over = Promise.withResolvers<void>();
  channel.handlers.onData = async (bytes) => {
    parts.push(bytes);
    if (!hasWritten) {
      hasWritten = true;
      await host.pipeline(source, ['DELETE FROM b', CLOSE]);
    }
  };
  channel.handlers.onEnd = () => over.resolve();
  channel.handlers.onAbort = (reason) => over.reject(new Error(reason));
  await over.promise;
  const db = new DatabaseSync(':memory:');
  db.exec(Buffer.concat(parts).toString());
  expect(db.prepare('SELECT count(*) n FROM b').get()).toEqual({ n: 3_000 });
  db.close();
  expect(await host.values(source, 'SELECT count(*) FROM b')).toEqual(['0']);
});

test.each([
  ['a replica', { instance: 'replica' }, 400],
  ['a token for some tables', { rights: { ...FULL, level: 'grants' as const } }, 403],
  ['a database whose reads are blocked', { settings: { ...SETTINGS, blockReads: true } }, 403],
])('a dump of %s is refused with words, and the host goes on', async (_, parts, status) => {
  const instance: InstanceRef = 'instance' in parts ? { ...database, role: 'replica', location: 'other' } : database;
  const answer = await host.request('/dump', '', { ...parts, method: 'GET', instance });
  expect([answer.status, answer.type]).toEqual([status, 'application/json']);
  expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['5000']);
});
