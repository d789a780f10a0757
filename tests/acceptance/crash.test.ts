/**
 * kill -9 in the middle of creating and deleting databases and of adding and removing a location: after a restart a
 * database is there and works, with one instance in each location of its group, or it is not there at all. With the
 * records in a file, and in PostgreSQL where TEST_POSTGRES_URL names a server.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { Dice } from '../../packages/server/src/log/testing.ts';
import { PostgresSchema, TEST_POSTGRES_URL } from '../../packages/server/src/store/testing/postgres-schema.ts';
import { type Api, apiOf, createDatabase, httpClient } from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

/** CRASH_ROUNDS for a long run. */
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 5);
/** Six starts of the whole server, on a machine that may be busy. */
const TIMEOUT_MS = 120_000 * (ROUNDS + 1);
const ANSWERS_MAX = 12;
const NAMES = Array.from({ length: 5 }, (_, index) => `crash-${index}`);
const LOCATION = 'aws-eu-west-1';

const dice = new Dice(Number(process.env['SKERRY_FUZZ_SEED']));

/** What is deleted leaves no files, where nothing is kept to be restored. */
const KEEP_NOTHING = ['--deleted-retention', '0'];

/** Whether a database, or the location, is there: as acknowledged; undefined while a change was under way at the kill. */
type Known = Map<string, boolean | undefined>;

let dataDir = '';

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'skerry-crash-'));
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

test('kill -9 leaves no half database and no half location', { timeout: TIMEOUT_MS }, async () => {
  await surviveKills([]);
  expect(await databaseFolders()).toEqual([]);
});

describe.skipIf(TEST_POSTGRES_URL === undefined)('with the records in PostgreSQL', () => {
  test('kill -9 leaves no half database and no half location', { timeout: TIMEOUT_MS }, async () => {
    const schema = await PostgresSchema.create(TEST_POSTGRES_URL ?? '');
    await surviveKills(['--store', schema.url]);
    await schema.drop();
    expect(await databaseFolders()).toEqual([]);
  });
});

test.skipIf(process.platform !== 'linux')(
  'a host that a killed server left amid an endless statement is ended by the next server of the folder',
  { timeout: TIMEOUT_MS },
  async () => {
    await using first = await startSkerry({ dataDir });
    const database = await createDatabase(apiOf(first), 'busy');
    const client = httpClient(database);
    await client.execute('SELECT 1');
    const before = new Map(hostPids().map((pid) => [pid, cpuTicksOf(pid)]));
    const lost = client
      .execute('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n')
      .catch((error: unknown) => error);
    // It has begun when a host has worked for longer than anything else would take it.
    const isBusy = (pid: string): boolean => cpuTicksOf(pid) - (before.get(pid) ?? 0) > 100;
    await vi.waitUntil(() => hostPids().some(isBusy), { timeout: TIMEOUT_MS, interval: 50 });
    await first.kill();
    expect(await lost).toBeInstanceOf(Error);
    await vi.waitUntil(() => hostPids().length === 1, { timeout: TIMEOUT_MS, interval: 50 });
    const left = hostPids();
    await using server = await startSkerry({ dataDir });
    await vi.waitUntil(() => !hostPids().some((pid) => left.includes(pid)), { timeout: TIMEOUT_MS, interval: 50 });
    expect(server.output()).toContain('ended a host that an earlier server had left');
  },
);

/** Hundredths of a second (proc(5)). */
function cpuTicksOf(pid: string): number {
  const [, facts = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = facts.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Process ids of the folder's hosts. */
function hostPids(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${dataDir}/run/host-`);
    } catch {
      return false;
    }
  });
}

async function surviveKills(args: readonly string[]): Promise<void> {
  const known: Known = new Map([...NAMES, LOCATION].map((name) => [name, false]));
  for (let round = 0; round < ROUNDS; round += 1) {
    await using server = await startSkerry({ dataDir, args: [...KEEP_NOTHING, ...args] });
    await expectConsistent(server, known);
    await churnUntilKilled(server, known, 1 + dice.roll(ANSWERS_MAX));
  }
  await using server = await startSkerry({ dataDir, args: [...KEEP_NOTHING, ...args] });
  await expectConsistent(server, known);
  const api = apiOf(server);
  await Promise.all((await api.databases.list()).map(async ({ name }) => await api.databases.delete(name)));
}

async function expectConsistent(server: Skerry, known: Known): Promise<void> {
  const api = apiOf(server);
  const group = await api.groups.get('default');
  const locations = group.locations.map(String);
  const primary = String(group.primary);
  expect(locations.filter((location) => location === primary)).toHaveLength(1);
  settle(known, LOCATION, locations.includes(LOCATION));
  const listed = new Map((await api.databases.list()).map(({ name, hostname }) => [name, hostname]));
  const { jwt } = await api.groups.createToken('default');
  for (const name of NAMES) {
    const hostname = listed.get(name);
    settle(known, name, hostname !== undefined);
    if (hostname === undefined) {
      expect(await statusOf(api.databases.listInstances(name))).toBe(404);
    } else {
      using client = httpClient({ hostname, token: jwt });
      await client.batch(['CREATE TABLE IF NOT EXISTS t (n)', 'INSERT INTO t VALUES (1)'], 'write');
      await expectInstances(api, name, locations, jwt);
    }
  }
  expect(await databaseFolders()).toHaveLength(listed.size);
}

/** One in each location, the primary in the group's; the usage tells of the same ones, and each of them answers. */
async function expectInstances(api: Api, name: string, locations: readonly string[], token: string): Promise<void> {
  const instances = await api.databases.listInstances(name);
  expect(instances.map((instance) => `${instance.type} ${instance.name}`)).toEqual(
    locations.map((location, index) => `${index === 0 ? 'primary' : 'replica'} ${location}`),
  );
  const usage = await api.databases.usage(name);
  expect(usage.instances.map(({ uuid }) => uuid).sort()).toEqual(instances.map(({ uuid }) => uuid).sort());
  for (const { hostname } of instances) {
    using client = httpClient({ hostname, token });
    const { rows } = await client.execute('SELECT 1 AS one');
    expect(Number(rows[0]?.['one'])).toBe(1);
  }
}

/** What was acknowledged is so; of a change that the kill interrupted either is right, and from now on known. */
function settle(known: Known, name: string, isThere: boolean): void {
  expect([name, isThere]).toEqual([name, known.get(name) ?? isThere]);
  known.set(name, isThere);
}

async function statusOf(answer: Promise<unknown>): Promise<unknown> {
  return await answer.then(
    () => 200,
    (error: unknown) => (error instanceof Error && 'status' in error ? error.status : error),
  );
}

/** Flips everything between there and not, all at once, and kills after so many answers: in the midst of others. */
async function churnUntilKilled(server: Skerry, known: Known, answersBeforeKill: number): Promise<void> {
  const api = apiOf(server);
  let answers = 0;
  const killed = Promise.withResolvers<void>();
  const churn = async (name: string): Promise<void> => {
    for (;;) {
      const isThere = known.get(name) === true;
      known.set(name, undefined);
      if (!(await flip(api, name, isThere))) {
        return;
      }
      known.set(name, !isThere);
      answers += 1;
      if (answers === answersBeforeKill) {
        killed.resolve(server.kill());
      }
    }
  };
  await Promise.all([...[...NAMES, LOCATION].map(churn), killed.promise]);
}

/** False when the server was gone before it answered. Any answer other than success is a fault and is thrown. */
async function flip(api: Api, name: string, isThere: boolean): Promise<boolean> {
  try {
    if (name === LOCATION) {
      await (isThere ? api.groups.removeLocation('default', name) : api.groups.addLocation('default', name));
    } else {
      await (isThere ? api.databases.delete(name) : api.databases.create(name, { group: 'default' }));
    }
    return true;
  } catch (error) {
    if (error instanceof Error && 'status' in error && typeof error.status === 'number') {
      throw error;
    }
    return false;
  }
}

/** One folder for each database that has files (docs/operations.md, "The data folder"). */
async function databaseFolders(): Promise<string[]> {
  const entries = await readdir(path.join(dataDir, 'databases'), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries.filter((entry) => entry.isDirectory() && entry.name.length === 36).map((entry) => entry.name);
}
