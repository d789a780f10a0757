/**
 * kill -9 of everything in the middle of load, then what was acknowledged is looked for: on the same data folder, and, for a
 * database that is durable off-site, on another machine after the folder is gone. `SKERRY_LOSS_KILLS` makes it longer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { restoreServer } from '@skerry/server/backup/restore';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { Dice } from '../../packages/server/src/log/testing.ts';
import { apiOf, createDatabase, httpClient, ORGANIZATION, type TestDatabase } from './support/clients.ts';
import { eventually } from './support/eventually.ts';
import { BUCKET, FaultyStore } from './support/object-store.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

const KILLS = Number(process.env['SKERRY_LOSS_KILLS'] ?? 3);
const WRITERS = 4;
const dice = new Dice(Number(process.env['SKERRY_FUZZ_SEED']));

let folder = '';
let store: FaultyStore;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-loss-'));
  store = await FaultyStore.start(path.join(folder, 'store'));
  // For the restore, which runs in this process.
  Object.assign(process.env, store.environment);
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function start(dataDir: string): Promise<Skerry> {
  return await startSkerry({ dataDir, args: store.args('loss'), environment: store.environment });
}

async function configure(server: Skerry, name: string, change: object): Promise<Response> {
  return await fetch(`${server.url}/v1/organizations/${ORGANIZATION}/databases/${name}/configuration`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${server.apiToken}` },
    body: JSON.stringify(change),
  });
}

/** Writes until the server is killed, after so many acknowledged commits. @returns the numbers that were acknowledged */
async function writeUntilKilled(
  server: Skerry,
  database: TestDatabase,
  first: number,
  kill: number,
): Promise<number[]> {
  const acknowledged: number[] = [];
  let next = first;
  const writer = async (): Promise<void> => {
    using client = httpClient(database);
    for (;;) {
      next += 1;
      const n = next;
      try {
        await client.execute({ sql: 'INSERT INTO t VALUES (?, randomblob(300))', args: [n] });
      } catch {
        return;
      }
      acknowledged.push(n);
      if (acknowledged.length === kill) {
        void server.kill();
      }
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  await server.kill();
  return acknowledged;
}

async function numbersOf(server: Skerry, { name }: TestDatabase): Promise<Set<number>> {
  const api = apiOf(server);
  const { hostname } = await api.databases.get(name);
  const { jwt } = await api.databases.createToken(name);
  using client = httpClient({ hostname, token: jwt });
  expect((await client.execute('PRAGMA integrity_check')).rows[0]?.[0]).toBe('ok');
  const { rows } = await client.execute('SELECT n FROM t');
  return new Set(rows.map((row) => Number(row['n'])));
}

test(
  `no acknowledged commit is lost by kill -9, and none that is durable off-site by the loss of the machine (${KILLS} kills)`,
  { timeout: 120_000 + KILLS * 40_000 },
  async () => {
    let dataDir = path.join(folder, 'machine-0');
    const wanted = new Set<number>();
    const [lost, statuses, problems]: [number[], number[], string[]] = [[], [], []];
    let database: TestDatabase | undefined;
    let next = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      await using server = await start(dataDir);
      const api = apiOf(server);
      if (database === undefined) {
        database = await createDatabase(api, 'ledger');
        using client = httpClient(database);
        await client.execute('CREATE TABLE t (n INTEGER, filling BLOB)');
        statuses.push((await configure(server, 'ledger', { durability: 'off-site' })).status);
      } else {
        const found = await numbersOf(server, database);
        lost.push(...[...wanted].filter((n) => !found.has(n)));
        const { hostname } = await api.databases.get('ledger');
        database = { ...database, hostname };
      }
      const until = 1 + dice.roll(60);
      for (const n of await writeUntilKilled(server, database, next, until)) {
        wanted.add(n);
      }
      next += 100_000;
      if (kill % 2 === 0) {
        // The machine is gone.
        await rm(dataDir, { recursive: true, force: true });
        dataDir = path.join(folder, `machine-${kill + 1}`);
        const target = { bucket: BUCKET, prefix: 'loss', endpoint: store.endpoint, region: 'us-east-1' };
        const report = await restoreServer({ target, dataDir, atMs: undefined, tell: () => undefined });
        problems.push(...report.problems);
      }
    }
    await using server = await start(dataDir);
    const found = await numbersOf(server, database ?? { name: '', hostname: '', token: '' });
    lost.push(...[...wanted].filter((n) => !found.has(n)));
    expect({ lost, statuses, problems }).toEqual({ lost: [], statuses: [200], problems: [] });
    expect(wanted.size).toBeGreaterThan(KILLS);
  },
);

test('off-site durability is refused where there is no backup', async () => {
  await using server = await startSkerry();
  await createDatabase(apiOf(server), 'shop');
  const refused = await configure(server, 'shop', { durability: 'off-site' });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ code: 'backup_not_configured' });
});

test('an acknowledgement waits for the store, and says so when that is away for too long', async () => {
  const args = [...store.args('away'), '--statement-timeout', '2s'];
  await using server = await startSkerry({ args, environment: store.environment });
  const database = await createDatabase(apiOf(server), 'shop');
  using client = httpClient(database);
  await client.execute('CREATE TABLE t (n INTEGER PRIMARY KEY)');
  expect((await configure(server, 'shop', { durability: 'off-site' })).status).toBe(200);
  // On a busy machine the first may take the store too long.
  await eventually(async () => await client.execute('INSERT OR REPLACE INTO t VALUES (1)'));
  store.fault = 'gone';
  await expect(client.execute('INSERT INTO t VALUES (2)')).rejects.toThrow(/backup could not store it/);
  // The same after rows have left: a body that is cut says why in its last entry, and the log does.
  const many = 'WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) SELECT i FROM n';
  const answer = await fetch(`http://${database.hostname}/v3/cursor`, {
    method: 'POST',
    headers: { authorization: `Bearer ${database.token}` },
    body: JSON.stringify({ batch: { steps: [{ stmt: { sql: many } }] } }),
  });
  const entries = (await answer.text()).trimEnd().split('\n');
  expect([answer.status, entries.some((line) => line.includes('"row"'))]).toEqual([200, true]);
  expect(JSON.parse(entries.at(-1) ?? '')).toMatchObject({ type: 'error', error: { code: 'OFF_SITE_NOT_STORED' } });
  const line = /an answer could not be finished\n(?:.*\n)*?.*OFF_SITE_NOT_STORED/;
  await vi.waitUntil(() => line.test(server.output()), { timeout: 120_000 });
  store.fault = 'none';
  for (let isStored = false; !isStored;) {
    isStored = await client.execute('SELECT count(*) AS n FROM t').then(
      ({ rows }) => Number(rows[0]?.['n']) === 2,
      () => false,
    );
  }
});
