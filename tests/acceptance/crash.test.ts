/**
 * kill -9 in the middle of creating and deleting databases: after a restart a database is there and works, or it is not
 * there at all.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { type Api, apiOf, httpClient } from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

const ROUNDS = 6;
/** Seven starts of the whole server, on a machine that may be busy. */
const TIMEOUT_MS = 240_000;
const NAMES = Array.from({ length: 6 }, (_, index) => `crash-${index}`);

/** What is deleted leaves no files, where nothing is kept to be restored. */
const KEEP_NOTHING = ['--deleted-retention', '0'];
let dataDir = '';

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'skerry-crash-'));
});

afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

test(
  'kill -9 at random moments of creating and deleting leaves no half database',
  { timeout: TIMEOUT_MS },
  async () => {
    /** What the API last acknowledged of each name; undefined while a change of it was under way at the kill. */
    const acknowledged = new Map<string, boolean | undefined>(NAMES.map((name) => [name, false]));
    for (let round = 0; round < ROUNDS; round += 1) {
      await using server = await startSkerry({ dataDir, args: KEEP_NOTHING });
      await expectConsistent(server, acknowledged);
      await churnUntilKilled(server, acknowledged, 1 + Math.floor(Math.random() * 12));
    }
    await using server = await startSkerry({ dataDir, args: KEEP_NOTHING });
    await expectConsistent(server, acknowledged);
    const api = apiOf(server);
    await Promise.all((await api.databases.list()).map(async ({ name }) => await api.databases.delete(name)));
    expect(await databaseFolders()).toEqual([]);
  },
);

async function expectConsistent(server: Skerry, acknowledged: Map<string, boolean | undefined>): Promise<void> {
  const api = apiOf(server);
  const listed = new Map((await api.databases.list()).map(({ name, hostname }) => [name, hostname]));
  const { jwt } = await api.groups.createToken('default');
  for (const name of NAMES) {
    const hostname = listed.get(name);
    const expected = acknowledged.get(name) ?? hostname !== undefined;
    acknowledged.set(name, expected);
    expect([name, hostname !== undefined]).toEqual([name, expected]);
    expect(await instancesOf(api, name)).toBe(expected ? 1 : 'status 404');
    if (hostname !== undefined) {
      using client = httpClient({ hostname, token: jwt });
      await client.batch(['CREATE TABLE IF NOT EXISTS t (n)', 'INSERT INTO t VALUES (1)'], 'write');
    }
  }
  expect(await databaseFolders()).toHaveLength(listed.size);
}

async function instancesOf(api: Api, name: string): Promise<number | string> {
  return await api.databases.listInstances(name).then(
    (instances) => instances.length,
    (error: unknown) =>
      error instanceof Error && 'status' in error ? `status ${String(error.status)}` : String(error),
  );
}

/** Flips databases between existing and not, all at once, and kills after so many answers: in the midst of others. */
async function churnUntilKilled(
  server: Skerry,
  acknowledged: Map<string, boolean | undefined>,
  answersBeforeKill: number,
): Promise<void> {
  const api = apiOf(server);
  let answers = 0;
  const killed = Promise.withResolvers<void>();
  const churn = async (name: string): Promise<void> => {
    for (;;) {
      const exists = acknowledged.get(name) === true;
      acknowledged.set(name, undefined);
      if (!(await flip(api, name, exists))) {
        return;
      }
      acknowledged.set(name, !exists);
      answers += 1;
      if (answers === answersBeforeKill) {
        killed.resolve(server.kill());
      }
    }
  };
  await Promise.all([...NAMES.map(churn), killed.promise]);
}

/** False when the server was gone before it answered. Any answer other than success is a fault and is thrown. */
async function flip(api: Api, name: string, exists: boolean): Promise<boolean> {
  try {
    await (exists ? api.databases.delete(name) : api.databases.create(name, { group: 'default' }));
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
