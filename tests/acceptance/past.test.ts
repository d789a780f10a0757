/**
 * Branches and restores with the official SDK: exactly the commits up to an instant, across kill -9, checkpoints and
 * restarts, small databases included. `SKERRY_PAST_ROUNDS` makes it longer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { type Api, apiOf, createDatabase, httpClient, ORGANIZATION } from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

const ROUNDS = Number(process.env['SKERRY_PAST_ROUNDS'] ?? 4);
const RESTORES = 3;

let dataDir = '';

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'skerry-past-'));
});

afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

interface Moment {
  readonly ms: number;
  /** Sum of everything that was acknowledged by then. */
  readonly sum: number;
}

test(
  `a restore to any instant has exactly what was acknowledged by then (${ROUNDS} rounds of kill -9)`,
  { timeout: 120_000 + ROUNDS * 30_000 },
  async () => {
    const moments: Moment[] = [];
    let sum = 0;
    let copies = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      await using server = await startSkerry({ dataDir });
      const api = apiOf(server);
      if (round === 0) {
        const { hostname, token } = await createDatabase(api, 'source');
        using client = httpClient({ hostname, token });
        await client.execute('CREATE TABLE t (n INTEGER, filling BLOB)');
        await restTick();
        moments.push({ ms: Date.now(), sum: 0 });
        await restTick();
      }
      const { hostname } = await api.databases.get('source');
      const { jwt } = await api.databases.createToken('source');
      {
        using client = httpClient({ hostname, token: jwt });
        for (let commit = 0; commit < 25; commit += 1) {
          const n = 1 + Math.floor(Math.random() * 1000);
          // Some rounds write enough for checkpoints, others stay within the WAL.
          const filling = round % 2 === 0 ? 100 : 300_000;
          await client.execute({ sql: 'INSERT INTO t VALUES (?, randomblob(?))', args: [n, filling] });
          sum += n;
          moments.push({ ms: Date.now(), sum });
          await restTick();
        }
      }
      for (let restore = 0; restore < RESTORES; restore += 1) {
        const moment = moments[Math.floor(Math.random() * moments.length)];
        copies += 1;
        expect(await sumAt(server, api, `copy-${copies}`, moment?.ms ?? 0)).toBe(moment?.sum);
      }
      await api.databases.create(`branch-${round}`, { group: 'default', seed: { type: 'database', name: 'source' } });
      expect(await sumOf(api, `branch-${round}`)).toBe(sum);
      expect(await parentOf(server, `branch-${round}`)).toBe('source');
      await server.kill();
    }
    expect(copies).toBe(ROUNDS * RESTORES);
  },
);

test('outside the window the error names the window, which the API tells beforehand', async () => {
  await using server = await startSkerry({ dataDir });
  const url = `${server.url}/v1/organizations/${ORGANIZATION}/databases`;
  const headers = { authorization: `Bearer ${server.apiToken}` };
  const answer = (await (await fetch(`${url}/source/restore-window`, { headers })).json()) as {
    restore_window: { earliest: string; latest: string };
  };
  const { earliest, latest } = answer.restore_window;
  expect(Date.parse(earliest)).toBeLessThan(Date.parse(latest));
  for (const ms of [Date.parse(earliest) - 1, Date.parse(latest) + 3_600_000]) {
    const seed = { type: 'database', name: 'source', timestamp: new Date(ms).toISOString() };
    const body = JSON.stringify({ name: 'too-far', group: 'default', seed });
    const refused = await fetch(url, { method: 'POST', headers, body });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      code: 'restore_outside_window',
      error: expect.stringContaining(`source can be restored to any time from ${earliest} to `),
    });
  }
});

async function sumAt(server: Skerry, api: Api, name: string, ms: number): Promise<number> {
  const seed = { type: 'database' as const, name: 'source', timestamp: new Date(ms) };
  await api.databases.create(name, { group: 'default', seed });
  const found = await sumOf(api, name);
  expect(await parentOf(server, name)).toBe('source');
  await api.databases.delete(name);
  return found;
}

async function sumOf(api: Api, name: string): Promise<number> {
  const { hostname } = await api.databases.get(name);
  const { jwt } = await api.databases.createToken(name);
  using client = httpClient({ hostname, token: jwt });
  const check = await client.execute('PRAGMA integrity_check');
  expect(check.rows[0]?.[0]).toBe('ok');
  const { rows } = await client.execute('SELECT coalesce(sum(n), 0) FROM t');
  return Number(rows[0]?.[0]);
}

async function parentOf(server: Skerry, name: string): Promise<string | undefined> {
  const response = await fetch(`${server.url}/v1/organizations/${ORGANIZATION}/databases/${name}`, {
    headers: { authorization: `Bearer ${server.apiToken}` },
  });
  const { database } = (await response.json()) as { database: { parent: { name: string } | null } };
  return database.parent?.name;
}

/** Another millisecond, so that an instant lies between two commits. */
async function restTick(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const began = Date.now();
  const look = (): void => void (Date.now() > began + 1 ? resolve() : setImmediate(look));
  look();
  await promise;
}
