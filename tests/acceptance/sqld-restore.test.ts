/**
 * Restore to a time on sqld servers with bottomless replication, against a store that speaks S3 (tests/acceptance/support).
 * Skipped where SQLD_PATH names no program.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Client } from '@libsql/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { BottomlessBucket } from './support/bottomless.ts';
import { apiOf, createDatabase, httpClient, socketClient } from './support/clients.ts';
import { eventually } from './support/eventually.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';
import { SQLD_PATH, SqldProcess, writeFleet } from './support/sqld-process.ts';

let folder: string;
let bucket: BottomlessBucket;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-sqld-restore-'));
  bucket = await BottomlessBucket.start(path.join(folder, 'store'));
});

afterEach(async () => {
  await bucket[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<Skerry> {
  return await startSkerry({
    dataDir: path.join(folder, 'skerry'),
    args: ['--engine', 'sqld', '--sqld', SQLD_PATH ?? '', '--sqld-bottomless', 'on', '--location', 'fra=Frankfurt'],
    environment: bucket.environment,
  });
}

async function restore(server: Skerry, name: string, atMs: number | string): Promise<Response> {
  const timestamp = typeof atMs === 'string' ? atMs : new Date(atMs).toISOString();
  return await fetch(`${server.url}/v1/organizations/skerry/databases`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiToken}` },
    body: JSON.stringify({ name, group: 'default', seed: { type: 'database', name: 'shop', timestamp } }),
  });
}

async function windowOf(server: Skerry): Promise<{ restore_window: { earliest: string; latest: string } }> {
  const response = await fetch(`${server.url}/v1/organizations/skerry/databases/shop/restore-window`, {
    headers: { authorization: `Bearer ${server.apiToken}` },
  });
  return (await response.json()) as Awaited<ReturnType<typeof windowOf>>;
}

/** Opens a database by its path, which is the same after a restart. */
async function open(server: Skerry, name: string): Promise<Client & Disposable> {
  const { jwt: token } = await apiOf(server).databases.createToken(name);
  return httpClient({ hostname: `${new URL(server.url).host}/db/skerry/${name}/`, token });
}

async function valuesOf(server: Skerry, name: string): Promise<string> {
  using client = await open(server, name);
  const { rows: faults } = await client.execute('PRAGMA integrity_check');
  expect(faults.map((row) => row['integrity_check'])).toEqual(['ok']);
  const { rows } = await client.execute('SELECT a FROM t ORDER BY a');
  return rows.map(({ a }) => Number(a)).join(' ');
}

/** A page each. */
function rows(count: number): string {
  return `INSERT INTO t WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ${count}) SELECT x, randomblob(3000) FROM c`;
}

async function restored(server: Skerry, name: string, atMs: number): Promise<string> {
  const response = await restore(server, name, atMs);
  expect(`${response.status} ${response.ok ? '' : await response.text()}`).toBe('200 ');
  return await valuesOf(server, name);
}

describe.skipIf(SQLD_PATH === undefined)('restore to a time on sqld servers (SQLD_PATH)', () => {
  test(
    'a database is restored to exactly what it held at each of several times, also after restarts, and goes on being stored',
    { timeout: 180_000 },
    async () => {
      let server = await start();
      const times = new Map<string, number>();
      await createDatabase(apiOf(server), 'shop');
      const { id } = await apiOf(server).databases.get('shop');
      const write = async (sql: string): Promise<void> => {
        using client = await open(server, 'shop');
        await client.execute(sql);
      };
      times.set('', await bucket.stored(id, async () => await write('CREATE TABLE t (a)')));
      times.set('1', await bucket.stored(id, async () => await write('INSERT INTO t VALUES (1)')));
      times.set('1 2', await bucket.stored(id, async () => await write('INSERT INTO t VALUES (2)')));
      expect(await restored(server, 'early-1', times.get('1') ?? 0)).toBe('1');
      times.set('1 2 3', await bucket.stored(id, async () => await write('INSERT INTO t VALUES (3)')));

      await server.stop();
      server = await start();
      times.set('1 2 3 4', await bucket.stored(id, async () => await write('INSERT INTO t VALUES (4)')));
      expect(await restored(server, 'early-4', times.get('1 2 3 4') ?? 0)).toBe('1 2 3 4');
      times.set('2 3 4', await bucket.stored(id, async () => await write('DELETE FROM t WHERE a = 1')));

      process.kill(Number(await readFile(path.join(folder, 'skerry', 'sqld', 'fra', 'pid'), 'utf8')), 'SIGKILL');
      times.set(
        '2 3 4 5',
        await bucket.stored(id, async () => await eventually(async () => await write('INSERT INTO t VALUES (5)'))),
      );
      const found = new Map<string, string>();
      for (const [values, atMs] of times) {
        found.set(values, await restored(server, `at${values.replaceAll(' ', '-')}`, atMs));
      }
      expect(found).toEqual(new Map([...times.keys()].map((values) => [values, values])));

      await write('INSERT INTO t VALUES (6)');
      await server.stop();
      server = await start();
      expect(await valuesOf(server, 'shop')).toBe('2 3 4 5 6');
      expect(await valuesOf(server, 'at1-2')).toBe('1 2');
      await server.stop();
    },
  );

  test('nothing that was committed after the time is in it, however soon after', { timeout: 120_000 }, async () => {
    await using server = await start();
    await createDatabase(apiOf(server), 'shop');
    const { id } = await apiOf(server).databases.get('shop');
    using client = await open(server, 'shop');
    const firstMs = await bucket.stored(id, async () => {
      await client.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (0)'], 'write');
    });
    const times: number[] = [];
    const lastMs = await bucket.stored(id, async () => {
      for (let value = 1; value <= 5; value += 1) {
        times.push(Date.now());
        await client.execute(`INSERT INTO t VALUES (${value})`);
      }
    });
    for (const [index, atMs] of times.entries()) {
      const values = (await restored(server, `copy-${index}`, Math.max(atMs, firstMs))).split(' ').map(Number);
      expect(Math.max(...values), `at ${atMs}`).toBeLessThanOrEqual(index);
    }
    expect(await restored(server, 'copy-last', lastMs)).toBe('0 1 2 3 4 5');
  });

  test(
    'a database that is written to meanwhile is restored to what was written first, and all of it goes on being stored',
    { timeout: 120_000 },
    async () => {
      await using server = await start();
      await createDatabase(apiOf(server), 'shop');
      const { id } = await apiOf(server).databases.get('shop');
      using client = await open(server, 'shop');
      const firstMs = await bucket.stored(id, async () => {
        await client.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (0)'], 'write');
      });
      const begunAtMs: number[] = [firstMs];
      const enough = new AbortController();
      const writing = (async () => {
        for (let value = 1; !enough.signal.aborted; value += 1) {
          begunAtMs.push(Date.now());
          await client.execute(`INSERT INTO t VALUES (${value})`);
        }
      })();
      for (let round = 0; round < 3; round += 1) {
        const atMs = await bucket.stored(id, async () => await Promise.resolve());
        const values = (await restored(server, `copy-${round}`, atMs)).split(' ').map(Number);
        expect(values).toEqual([...values.keys()]);
        expect(begunAtMs[values.length - 1]).toBeLessThan(atMs + 1);
        expect(values.length).toBeGreaterThan(1);
      }
      enough.abort();
      await writing;
      const lastMs = await bucket.stored(id, async () => await client.execute('INSERT INTO t VALUES (-1)'));
      const all = await restored(server, 'copy-last', lastMs);
      expect(all).toBe(await valuesOf(server, 'shop'));
    },
  );

  test('a time before the first backup or in the future is refused, and nothing is made; the earliest that is told is good', async () => {
    await using server = await start();
    await createDatabase(apiOf(server), 'shop');
    const { id } = await apiOf(server).databases.get('shop');
    using client = await open(server, 'shop');
    const firstMs = await bucket.stored(id, async () => await client.execute('CREATE TABLE t (a)'));
    for (const timestamp of [new Date(firstMs - 86_400_000).toISOString(), '2099-01-01T00:00:00Z']) {
      const response = await restore(server, 'copy', timestamp);
      expect(response.status).toBe(400);
      expect(await response.text()).toMatch(/shop can be restored to any time from \S+ to \S+/);
    }
    expect((await apiOf(server).databases.list()).map(({ name }) => name)).toEqual(['shop']);
    const { restore_window: times } = await windowOf(server);
    expect(Date.parse(times.earliest)).toBeLessThanOrEqual(firstMs);
    expect((await restore(server, 'as-early-as-can-be', times.earliest)).status).toBe(200);
  });

  test(
    'a time that sqld would restore wrongly is refused, and nothing is made; times before and later are good',
    { timeout: 120_000 },
    async () => {
      await using server = await start();
      await createDatabase(apiOf(server), 'shop');
      const { id } = await apiOf(server).databases.get('shop');
      const { jwt: token } = await apiOf(server).databases.createToken('shop');
      using client = socketClient({ hostname: `${new URL(server.url).host}/db/skerry/shop/`, token });
      const beforeMs = await bucket.stored(id, async () => {
        await client.batch(['CREATE TABLE t (a, b)', 'INSERT INTO t VALUES (0, 0)'], 'write');
      });
      const large = await client.transaction('write');
      // More than sqld keeps in memory, so that a part of it is written, and stored, before it is rolled back.
      await bucket.stored(id, async () => await large.execute(rows(3000)));
      await large.rollback();
      await bucket.stored(id, async () => await client.execute('INSERT INTO t VALUES (1, 1)'));
      const wrongMs = await bucket.stored(id, async () => await client.execute('INSERT INTO t VALUES (2, 2)'));
      const response = await restore(server, 'wrong', wrongMs);
      expect(response.status).toBe(409);
      expect(await response.text()).toMatch(/what is stored of it has a gap/);
      expect((await apiOf(server).databases.list()).map(({ name }) => name)).toEqual(['shop']);
      const laterMs = await bucket.stored(id, async () => await client.execute('INSERT INTO t VALUES (3, 3)'));
      expect(await restored(server, 'before', beforeMs)).toBe('0');
      expect(await restored(server, 'later', laterMs)).toBe('0 1 2 3');
    },
  );

  test(
    'a transaction of which a part was stored by the time, and that ended later, is not in it at all',
    { timeout: 120_000 },
    async () => {
      await using server = await start();
      await createDatabase(apiOf(server), 'shop');
      const { id } = await apiOf(server).databases.get('shop');
      const { jwt: token } = await apiOf(server).databases.createToken('shop');
      using client = socketClient({ hostname: `${new URL(server.url).host}/db/skerry/shop/`, token });
      await client.batch(['CREATE TABLE t (a, b)', 'INSERT INTO t VALUES (0, 0)'], 'write');
      const large = await client.transaction('write');
      const atMs = await bucket.stored(id, async () => await large.execute(rows(6000)));
      const endMs = await bucket.stored(id, async () => await large.commit());
      expect(await restored(server, 'before', atMs)).toBe('0');
      expect((await restored(server, 'after', endMs)).split(' ').length).toBe(6001);
    },
  );

  test('a copy without a time is there after a restart as well', async () => {
    let server = await start();
    await createDatabase(apiOf(server), 'shop');
    {
      using client = await open(server, 'shop');
      await client.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'], 'write');
    }
    const seed = { type: 'database' as const, name: 'shop' };
    await apiOf(server).databases.create('copy', { group: 'default', seed });
    await server.stop();
    server = await start();
    expect(await valuesOf(server, 'copy')).toBe('1');
    await server.stop();
  });

  test(
    'servers that others run are restored from what the file of fleets tells; one that stopped to store is told as such',
    { timeout: 120_000 },
    async () => {
      const dataDir = path.join(folder, 'skerry');
      const fleets = path.join(folder, 'fleets.json');
      const key = `--auth-jwt-key-file=${path.join(dataDir, 'sqld', 'gateway-key.pem')}`;
      await using sqld = await SqldProcess.prepare('fra', path.join(folder, 'fra'), {
        args: [key, '--enable-bottomless-replication'],
        environment: bucket.environment,
      });
      await writeFleet(fleets, sqld, [], { bottomless: bucket.fleetField });
      await using server = await startSkerry({ dataDir, args: ['--engine', 'sqld', '--sqld-fleets', fleets] });
      await sqld.start();
      await eventually(async () => await createDatabase(apiOf(server), 'shop'));
      const { id } = await apiOf(server).databases.get('shop');
      using client = await open(server, 'shop');
      const firstMs = await bucket.stored(id, async () => {
        await client.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'], 'write');
      });
      const secondMs = await bucket.stored(id, async () => await client.execute('INSERT INTO t VALUES (2)'));
      expect(await restored(server, 'copy', firstMs)).toBe('1');

      const thirdMs = await bucket.stored(id, async () => await client.execute('INSERT INTO t VALUES (3)'));
      // By itself, without Skerry between, the server takes away what it writes to next.
      const timestamp = new Date(thirdMs).toISOString().replace('Z', '');
      const fork = await fetch(`${sqld.adminUrl}/v1/namespaces/${id}/fork/by-itself`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ timestamp }),
      });
      expect(fork.status).toBe(200);
      await client.execute('INSERT INTO t VALUES (4)');
      const refusal = await restore(server, 'third', thirdMs);
      expect(refusal.status).toBe(409);
      expect(await refusal.text()).toMatch(/its server has stopped to store what the database commits/);
      expect(await restored(server, 'second', secondMs)).toBe('1 2');

      await sqld.stop();
      await sqld.start();
      const fifthMs = await bucket.stored(
        id,
        async () => await eventually(async () => await client.execute('INSERT INTO t VALUES (5)')),
      );
      expect(await restored(server, 'fifth', fifthMs)).toBe('1 2 3 4 5');
    },
  );
});
