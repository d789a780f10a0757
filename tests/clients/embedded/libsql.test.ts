/**
 * `@libsql/client` with `syncUrl`, in both ways of writing: through the server, and offline.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { apiOf, createDatabase, httpClient, ORGANIZATION } from '../../acceptance/support/clients.ts';
import type { TestDatabase } from '../../acceptance/support/clients.ts';
import { startSkerry } from '../../acceptance/support/skerry.ts';
import type { Skerry } from '../../acceptance/support/skerry.ts';
import { observe, onlyVersion1 } from './only-version-1.ts';
import { RemoteClient } from './remote-control.ts';

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
  return await createDatabase(apiOf(server), `embedded-${count}`);
}

/** A client with a local copy of a database. */
async function newCopy(database: TestDatabase, options: object = {}, file = 'copy.db'): Promise<RemoteClient> {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-embedded-'));
  const client = new RemoteClient('child.ts');
  onTestFinished(() => {
    client[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  await client.ask('open', {
    url: `file:${path.join(folder, file)}`,
    syncUrl: `${server.url}/db/${ORGANIZATION}/${database.name}`,
    authToken: database.token,
    ...options,
  });
  return client;
}

test('a copy gets what is there, later commits by sync, and its own writes through the server', async () => {
  const database = await newDatabase();
  using remote = httpClient(database);
  await remote.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1), (2)'], 'write');
  const copy = await newCopy(database);
  await copy.ask('sync');
  expect(await copy.ask('rows', 'SELECT a FROM t')).toEqual([[1], [2]]);
  await remote.execute('INSERT INTO t VALUES (3)');
  expect(await copy.ask('rows', 'SELECT count(*) FROM t')).toEqual([[2]]);
  await copy.ask('sync');
  expect(await copy.ask('rows', 'SELECT count(*) FROM t')).toEqual([[3]]);
  await copy.ask('rows', 'INSERT INTO t VALUES (4)');
  await copy.ask('transaction', ['INSERT INTO t VALUES (5)', 'INSERT INTO t VALUES (6)'], true);
  await copy.ask('transaction', ['INSERT INTO t VALUES (7)'], false);
  await copy.ask('sync');
  expect(await copy.ask('rows', 'SELECT count(*), max(a) FROM t')).toEqual([[6, 6]]);
  expect((await remote.execute('SELECT count(*) FROM t')).rows[0]?.[0]).toBe(6n);
});

test('a copy works with an address that ends with a slash', async () => {
  const database = await newDatabase();
  using remote = httpClient(database);
  await remote.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'], 'write');
  const copy = await newCopy(database, { syncUrl: `${server.url}/db/${ORGANIZATION}/${database.name}/` });
  await copy.ask('sync');
  await copy.ask('rows', 'INSERT INTO t VALUES (2)');
  expect(await copy.ask('rows', 'SELECT count(*) FROM t')).toEqual([[2]]);
});

test('a copy follows through checkpoints and changes of the schema, and stays sound', async () => {
  const database = await newDatabase();
  using remote = httpClient(database);
  await remote.execute('CREATE TABLE t (a, b)');
  const copy = await newCopy(database);
  await copy.ask('sync');
  for (let round = 0; round < 6; round += 1) {
    await remote.execute(
      `INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1500)
       SELECT i, randomblob(900) FROM n`,
    );
    await remote.execute(`CREATE TABLE x${round} (a)`);
    await copy.ask('sync');
    expect(await copy.ask('rows', 'SELECT count(*) FROM t')).toEqual([[(round + 1) * 1500]]);
  }
  await remote.execute('DELETE FROM t WHERE a % 3 > 0');
  await copy.ask('sync');
  expect(await copy.ask('rows', 'PRAGMA integrity_check')).toEqual([['ok']]);
  const [sum] = (await remote.execute('SELECT sum(length(b)), count(*) FROM t')).rows;
  expect(await copy.ask('rows', 'SELECT sum(length(b)), count(*) FROM t')).toEqual([
    [Number(sum?.[0]), Number(sum?.[1])],
  ]);
});

test('a copy goes on after the server was killed and started again', async () => {
  await using own = await startSkerry();
  const database = await createDatabase(apiOf(own), 'restarts');
  using remote = httpClient(database);
  await remote.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'], 'write');
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-embedded-'));
  const client = new RemoteClient('child.ts');
  onTestFinished(() => {
    client[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  const open = async (of: Skerry): Promise<void> => {
    const syncUrl = `${of.url}/db/${ORGANIZATION}/restarts`;
    await client.ask('open', { url: `file:${path.join(folder, 'copy.db')}`, syncUrl, authToken: database.token });
  };
  await open(own);
  await client.ask('sync');
  await client.ask('close');
  await remote.execute('INSERT INTO t VALUES (2)');
  await own.kill();
  await using again = await startSkerry({ dataDir: own.dataDir });
  await open(again);
  await client.ask('sync');
  expect(await client.ask('rows', 'SELECT a FROM t')).toEqual([[1], [2]]);
});

test('what a copy wrote offline reaches the server by sync, and other copies from there', async () => {
  const database = await newDatabase();
  const writer = await newCopy(database, { offline: true });
  await writer.ask('sync');
  await writer.ask('rows', 'CREATE TABLE t (a, b)');
  await writer.ask('rows', 'INSERT INTO t VALUES (1, randomblob(2000000))');
  await writer.ask('sync');
  using remote = httpClient(database);
  expect((await remote.execute('SELECT a, length(b) FROM t')).rows.map((row) => Object.values(row))).toEqual([
    [1n, 2_000_000n],
  ]);
  await writer.ask('rows', 'INSERT INTO t VALUES (2, NULL)');
  await writer.ask('sync');
  const reader = await newCopy(database);
  await reader.ask('sync');
  expect(await reader.ask('rows', 'SELECT a FROM t')).toEqual([[1], [2]]);
  await remote.execute('INSERT INTO t VALUES (3, NULL)');
  await writer.ask('sync');
  expect(await writer.ask('rows', 'SELECT a FROM t')).toEqual([[1], [2], [3]]);
});

test('a copy that writes offline opens, reads and writes while its server is away, and brings that when it is back', async () => {
  await using own = await startSkerry();
  const database = await createDatabase(apiOf(own), 'away');
  using remote = httpClient(database);
  await remote.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'], 'write');
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-embedded-'));
  const client = new RemoteClient('child.ts');
  onTestFinished(() => {
    client[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  const open = async (of: Skerry): Promise<void> => {
    const options = { syncUrl: `${of.url}/db/${ORGANIZATION}/away`, authToken: database.token, offline: true };
    await client.ask('open', { url: `file:${path.join(folder, 'copy.db')}`, ...options });
  };
  await open(own);
  await client.ask('sync');
  await client.ask('close');
  await own.kill();
  await open(own);
  expect(await client.ask('rows', 'SELECT a FROM t')).toEqual([[1]]);
  await client.ask('rows', 'INSERT INTO t VALUES (2)');
  await client.ask('close');
  await using again = await startSkerry({ dataDir: own.dataDir });
  await open(again);
  await client.ask('sync');
  using anew = httpClient({ hostname: (await apiOf(again).databases.get('away')).hostname, token: database.token });
  expect((await anew.execute('SELECT a FROM t')).rows.map((row) => row[0])).toEqual([1n, 2n]);
});

test('of two copies that wrote offline the second hears of a conflict, and the server keeps the first', async () => {
  const database = await newDatabase();
  using remote = httpClient(database);
  await remote.execute('CREATE TABLE t (a)');
  const [first, second] = [await newCopy(database, { offline: true }), await newCopy(database, { offline: true })];
  await first.ask('sync');
  await second.ask('sync');
  await first.ask('rows', "INSERT INTO t VALUES ('first')");
  await second.ask('rows', "INSERT INTO t VALUES ('second')");
  await first.ask('sync');
  await expect(second.ask('sync')).rejects.toThrow('Conflict');
  expect((await remote.execute('SELECT a FROM t')).rows.map((row) => row[0])).toEqual(['first']);
});

test('a copy of one database is refused by another', async () => {
  const [one, other] = [await newDatabase(), await newDatabase()];
  using remote = httpClient(one);
  await remote.execute('CREATE TABLE t (a)');
  const copy = await newCopy(one);
  await copy.ask('sync');
  const [[, , file] = []] = (await copy.ask('rows', 'PRAGMA database_list')) as string[][];
  await copy.ask('close');
  await copy.ask('open', {
    url: `file:${file}`,
    syncUrl: `${server.url}/db/${ORGANIZATION}/${other.name}`,
    authToken: other.token,
  });
  await expect(copy.ask('sync')).rejects.toThrow('does not belong to this database');
});

test('a copy is refused by a branch of its database, and by another database that has its name now', async () => {
  const api = apiOf(server);
  const database = await newDatabase();
  using remote = httpClient(database);
  await remote.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'], 'write');
  const copy = await newCopy(database);
  await copy.ask('sync');
  const [[, , file] = []] = (await copy.ask('rows', 'PRAGMA database_list')) as string[][];
  const branch = `${database.name}-branch`;
  await api.databases.create(branch, { group: 'default', seed: { type: 'database', name: database.name } });
  await api.databases.delete(database.name);
  await api.databases.create(database.name, { group: 'default' });
  for (const name of [branch, database.name]) {
    const { jwt } = await api.databases.createToken(name);
    await copy.ask('close');
    await copy.ask('open', {
      url: `file:${file}`,
      syncUrl: `${server.url}/db/${ORGANIZATION}/${name}`,
      authToken: jwt,
    });
    await expect(copy.ask('sync')).rejects.toThrow('does not belong to this database');
  }
});

test('without a token that may read everything nothing is copied', async () => {
  const database = await newDatabase();
  const copy = await newCopy(database, { authToken: 'nonsense' }).then(
    async (client) => await client.ask('sync').then(() => 'synced', String),
    String,
  );
  expect(copy).toMatch(/auth|JWT|401/i);
});

test('a client of version 1 copies, follows through checkpoints, and writes through the server', async () => {
  const database = await newDatabase();
  using old = await onlyVersion1(server.url);
  using remote = httpClient(database);
  await remote.batch(['CREATE TABLE t (a, b)', 'INSERT INTO t (a) VALUES (1), (2)'], 'write');
  const copy = await newCopy(database, { syncUrl: `${old.url}/db/${ORGANIZATION}/${database.name}` });
  await copy.ask('sync');
  expect(await copy.ask('rows', 'SELECT a FROM t')).toEqual([[1], [2]]);
  for (let round = 0; round < 4; round += 1) {
    await remote.execute(
      `INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1500)
       SELECT i, randomblob(900) FROM n`,
    );
    await copy.ask('sync');
  }
  expect(await copy.ask('rows', 'SELECT count(*), sum(length(b)) FROM t')).toEqual([[6002, 5_400_000]]);
  await copy.ask('rows', "INSERT INTO t VALUES (3, 'mine')");
  expect(await copy.ask('rows', "SELECT a FROM t WHERE b = 'mine'")).toEqual([[3]]);
  await copy.ask('transaction', ["INSERT INTO t VALUES (4, 'mine')", "INSERT INTO t VALUES (5, 'mine')"], true);
  await copy.ask('transaction', ["INSERT INTO t VALUES (6, 'mine')"], false);
  await expect(copy.ask('rows', 'INSERT INTO nowhere VALUES (1)')).rejects.toThrow('no such table');
  await copy.ask('sync');
  expect(await copy.ask('rows', "SELECT count(*) FROM t WHERE b = 'mine'")).toEqual([[3]]);
  expect((await remote.execute("SELECT count(*) FROM t WHERE b = 'mine'")).rows[0]?.[0]).toBe(3n);
  expect(await copy.ask('rows', 'PRAGMA integrity_check')).toEqual([['ok']]);
  const methods = ['Hello', 'BatchLogEntries', 'Snapshot'].map((method) => `wal_log.ReplicationLog/${method}`);
  const base = `/db/${ORGANIZATION}/${database.name}`;
  expect([...old.paths]).toEqual(expect.arrayContaining(methods.map((method) => `${base}/${method}`)));
});

test('a database can be told to be copied with version 1, and again with version 2', async () => {
  const database = await newDatabase();
  using remote = httpClient(database);
  await remote.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'], 'write');
  const seen = async (protocol: string): Promise<string> => {
    const path = `/v1/organizations/${ORGANIZATION}/databases/${database.name}/configuration`;
    const configured = await fetch(`${server.url}${path}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${server.apiToken}` },
      body: JSON.stringify({ sync_protocol: protocol }),
    });
    expect(await configured.json()).toMatchObject({ sync_protocol: protocol });
    using between = await observe(server.url);
    const copy = await newCopy(database, { syncUrl: `${between.url}/db/${ORGANIZATION}/${database.name}` });
    await copy.ask('sync');
    expect(await copy.ask('rows', 'SELECT a FROM t')).toEqual([[1]]);
    return [...between.paths].join(' ');
  };
  expect(await seen('v1')).toContain('wal_log.ReplicationLog/Hello');
  expect(await seen('v2')).toContain('/export/');
});

test('a client of version 1 that was away for longer than frames are kept, or is new, gets a snapshot', async () => {
  const database = await newDatabase();
  using old = await onlyVersion1(server.url);
  using remote = httpClient(database);
  await remote.execute('CREATE TABLE t (a, b)');
  await remote.execute(
    'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i, randomblob(900) FROM n',
  );
  const copy = await newCopy(database, { syncUrl: `${old.url}/db/${ORGANIZATION}/${database.name}` });
  await copy.ask('sync');
  expect(await copy.ask('rows', 'SELECT count(*), sum(length(b)) FROM t')).toEqual([[5000, 4_500_000]]);
  expect(await copy.ask('rows', 'PRAGMA integrity_check')).toEqual([['ok']]);
});
