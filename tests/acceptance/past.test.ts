/**
 * Branches and restores with the official SDK: exactly the commits up to an instant, across kill -9 amid a commit,
 * checkpoints and restarts, small databases included. `SKERRY_PAST_ROUNDS` makes it longer; `SKERRY_FUZZ_SEED` repeats the
 * choices of a run.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { Dice } from '../../packages/server/src/log/testing.ts';
import { type Api, apiOf, createDatabase, httpClient, ORGANIZATION } from './support/clients.ts';
import { killHosts } from './support/processes.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

const ROUNDS = Number(process.env['SKERRY_PAST_ROUNDS'] ?? 8);
const SEED = Number(process.env['SKERRY_FUZZ_SEED']);
/** Each round ends with kill -9 of the hosts; so many of them are the life of one server, which ends the same way. */
const ROUNDS_OF_A_LIFE = 4;
/** Then another database, so that all stay small and restores reach back to the first commits. */
const ROUNDS_OF_A_SOURCE = 8;
const COMMITS = 12;
const RESTORES = 2;

let dataDir = '';

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'skerry-past-'));
});

afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

interface Moment {
  readonly ms: number;
  /** Sum of everything that was committed by then. */
  readonly sum: number;
}

interface Source {
  readonly name: string;
  readonly moments: Moment[];
  sum: number;
}

test(
  `a restore to any instant has exactly what was acknowledged by then (${ROUNDS} rounds of kill -9, seed ${SEED})`,
  { timeout: 180_000 + ROUNDS * 60_000 },
  async () => {
    const dice = new Dice(SEED);
    let source: Source = { name: 'source', moments: [], sum: 0 };
    let copies = 0;
    for (let round = 0; round < ROUNDS;) {
      await using server = await startSkerry({ dataDir });
      const api = apiOf(server);
      for (const end = round + ROUNDS_OF_A_LIFE; round < Math.min(end, ROUNDS); round += 1) {
        if (round % ROUNDS_OF_A_SOURCE === 0) {
          // The last one stays, for the test of its window.
          await (round === 0 ? undefined : api.databases.delete(source.name));
          source = await newSource(api, `source-${round}`);
        }
        await commitUntilKilled(server, api, source, dice);
        for (let restore = 0; restore < RESTORES; restore += 1) {
          const moment = source.moments[dice.roll(source.moments.length)];
          copies += 1;
          const found = await sumAt(server, api, source.name, moment?.ms ?? 0);
          expect({ round, moment, found }).toEqual({ round, moment, found: moment?.sum });
        }
        expect(await sumAt(server, api, source.name)).toBe(source.sum);
      }
      await server.kill();
    }
    expect(copies).toBe(ROUNDS * RESTORES);
  },
);

async function newSource(api: Api, name: string): Promise<Source> {
  const database = await createDatabase(api, name);
  using client = httpClient(database);
  await client.execute('CREATE TABLE t (n INTEGER, filling BLOB)');
  await restTick();
  const moments = [{ ms: Date.now(), sum: 0 }];
  await restTick();
  return { name, moments, sum: 0 };
}

/** The last commit is not acknowledged: whether it was made is seen afterwards. */
async function commitUntilKilled(server: Skerry, api: Api, source: Source, dice: Dice): Promise<void> {
  const { hostname } = await api.databases.get(source.name);
  const { jwt } = await api.databases.createToken(source.name);
  using client = httpClient({ hostname, token: jwt });
  // Some rounds write enough for checkpoints, others stay within the WAL.
  const fillingBytes = dice.roll(3) === 0 ? 400_000 : 100;
  const insert = async (): Promise<number> => {
    const n = 1 + dice.roll(1000);
    await client.execute({ sql: 'INSERT INTO t VALUES (?, randomblob(?))', args: [n, fillingBytes] });
    return n;
  };
  for (let commit = 0; commit < COMMITS; commit += 1) {
    source.sum += await insert();
    source.moments.push({ ms: Date.now(), sum: source.sum });
    await restTick();
  }
  const interrupted = insert().catch(() => 0);
  for (let turns = dice.roll(20); turns > 0; turns -= 1) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  killHosts(server);
  const acknowledged = await interrupted;
  const found = await sumOf(api, source.name);
  expect(found).toBeGreaterThanOrEqual(source.sum + acknowledged);
  source.sum = found;
  await restTick();
  source.moments.push({ ms: Date.now(), sum: found });
  await restTick();
}

test('outside the window the error names the window, which the API tells beforehand', async () => {
  await using server = await startSkerry();
  await newSource(apiOf(server), 'source');
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

/** What a copy has: as of an instant, or a branch. */
async function sumAt(server: Skerry, api: Api, source: string, ms?: number): Promise<number> {
  const timestamp = ms === undefined ? {} : { timestamp: new Date(ms) };
  await api.databases.create('copy', { group: 'default', seed: { type: 'database', name: source, ...timestamp } });
  const found = await sumOf(api, 'copy');
  expect(await parentOf(server, 'copy')).toBe(source);
  await api.databases.delete('copy');
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
