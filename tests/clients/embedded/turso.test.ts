/**
 * `@tursodatabase/sync` against a running server. The package is not published for every platform, so it is no dependency:
 * `npm i --no-save @tursodatabase/sync@0.7.2` brings it, and without it these tests are skipped.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { apiOf, createDatabase, httpClient, ORGANIZATION } from '../../acceptance/support/clients.ts';
import type { TestDatabase } from '../../acceptance/support/clients.ts';
import { startSkerry } from '../../acceptance/support/skerry.ts';
import type { Skerry } from '../../acceptance/support/skerry.ts';
import { RemoteClient } from './remote-control.ts';

const isInstalled = ((): boolean => {
  try {
    createRequire(import.meta.url).resolve('@tursodatabase/sync');
    return true;
  } catch {
    return false;
  }
})();
let server: Skerry;
let count = 0;

beforeAll(async () => {
  server = await startSkerry();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

async function newDatabase(): Promise<TestDatabase> {
  count += 1;
  return await createDatabase(apiOf(server), `turso-${count}`);
}

async function newCopy(database: TestDatabase, options: object = {}): Promise<RemoteClient> {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-turso-'));
  const client = new RemoteClient('turso-child.ts');
  onTestFinished(() => {
    client[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  await client.ask('open', {
    path: path.join(folder, 'copy.db'),
    url: `${server.url}/db/${ORGANIZATION}/${database.name}`,
    authToken: database.token,
    clientName: 'test',
    ...options,
  });
  return client;
}

describe.skipIf(!isInstalled)('the sync client (skipped where its package is not installed)', () => {
  test('a copy gets what is there, later commits by pull, and its own writes to the server by push', async () => {
    const database = await newDatabase();
    using remote = httpClient(database);
    await remote.batch(['CREATE TABLE t (a INTEGER PRIMARY KEY, b)', "INSERT INTO t VALUES (1, 'one')"], 'write');
    const copy = await newCopy(database);
    expect(await copy.ask('rows', 'SELECT * FROM t')).toEqual([[1, 'one']]);
    expect(await copy.ask('pull')).toBe(false);
    await remote.execute("INSERT INTO t VALUES (2, 'two')");
    expect(await copy.ask('pull')).toBe(true);
    await copy.ask('exec', "INSERT INTO t VALUES (3, 'three')");
    await copy.ask('push');
    expect((await remote.execute('SELECT a FROM t')).rows.map((row) => row[0])).toEqual([1n, 2n, 3n]);
    await copy.ask('pull');
    expect(await copy.ask('rows', 'SELECT a FROM t')).toEqual([[1], [2], [3]]);
  });

  test('two copies that write see what the other wrote', async () => {
    const database = await newDatabase();
    using remote = httpClient(database);
    await remote.execute('CREATE TABLE t (a INTEGER PRIMARY KEY, b)');
    const [one, two] = [await newCopy(database), await newCopy(database)];
    await one.ask('exec', "INSERT INTO t VALUES (1, 'one')");
    await two.ask('exec', "INSERT INTO t VALUES (2, 'two')");
    await one.ask('push');
    await two.ask('push');
    await one.ask('pull');
    await two.ask('pull');
    expect(await one.ask('rows', 'SELECT a, b FROM t')).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
    expect(await two.ask('rows', 'SELECT a, b FROM t')).toEqual(await one.ask('rows', 'SELECT a, b FROM t'));
  });

  test('a pull that waits ends as soon as there is something', async () => {
    const database = await newDatabase();
    using remote = httpClient(database);
    await remote.execute('CREATE TABLE t (a)');
    const copy = await newCopy(database, { longPollTimeoutMs: 20_000 });
    const pulled = copy.ask('pull');
    await remote.execute('INSERT INTO t VALUES (1)');
    expect(await pulled).toBe(true);
    expect(await copy.ask('rows', 'SELECT a FROM t')).toEqual([[1]]);
  });

  test('a copy that loads its pages when it needs them reads what was there when it began', async () => {
    const database = await newDatabase();
    using remote = httpClient(database);
    await remote.execute('CREATE TABLE t (a INTEGER PRIMARY KEY, b)');
    await remote.execute(
      'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) SELECT i, randomblob(900) FROM n',
    );
    const copy = await newCopy(database, {
      partialSyncExperimental: { bootstrapStrategy: { kind: 'prefix', length: 128 * 1024 } },
    });
    await remote.execute('UPDATE t SET b = NULL WHERE a % 10 = 0');
    expect(await copy.ask('rows', 'SELECT count(*), sum(length(b)) FROM t')).toEqual([[3000, 2_700_000]]);
    await copy.ask('pull');
    expect(await copy.ask('rows', 'SELECT count(*), sum(length(b)) FROM t')).toEqual([[3000, 2_430_000]]);
  });

  test('a copy of one database is refused by another, and stays as it was', async () => {
    const [one, other] = [await newDatabase(), await newDatabase()];
    using remote = httpClient(one);
    using different = httpClient(other);
    await remote.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'], 'write');
    await different.execute('CREATE TABLE u (a)');
    const folder = mkdtempSync(path.join(tmpdir(), 'skerry-turso-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'shared.db');
    const copy = await newCopy(one, { path: file });
    await copy.ask('close');
    // In the same process: the engine keeps its lock on the file.
    const url = `${server.url}/db/${ORGANIZATION}/${other.name}`;
    await copy.ask('open', { path: file, url, authToken: other.token, clientName: 'test' });
    await expect(copy.ask('pull')).rejects.toThrow('does not belong to this database');
    expect(await copy.ask('rows', 'SELECT a FROM t')).toEqual([[1]]);
  });

  test('a large database is copied in pieces that belong together', async () => {
    const database = await newDatabase();
    using remote = httpClient(database);
    await remote.execute('CREATE TABLE t (a INTEGER PRIMARY KEY, b)');
    await remote.execute(
      'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) SELECT i, randomblob(900) FROM n',
    );
    const copy = await newCopy(database, { pullBytesThreshold: 256 * 1024 });
    expect(await copy.ask('rows', 'SELECT count(*), sum(length(b)) FROM t')).toEqual([[3000, 2_700_000]]);
  });
});
