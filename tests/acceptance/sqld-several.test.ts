/**
 * Two whole Skerry servers with one PostgreSQL before the same sqld servers, killed again and again amid creates and
 * deletes. Skipped without SQLD_PATH and TEST_POSTGRES_URL.
 */
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { Dice } from '../../packages/server/src/log/testing.ts';
import { PostgresSchema, TEST_POSTGRES_URL } from '../../packages/server/src/store/testing/postgres-schema.ts';
import { type Api, apiOf, createDatabase, httpClient, type TestDatabase } from './support/clients.ts';
import { eventually } from './support/eventually.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';
import { SQLD_PATH, SqldProcess, writeFleet } from './support/sqld-process.ts';

/** CRASH_ROUNDS for a long run. */
const KILLS = Number(process.env['CRASH_ROUNDS'] ?? 5);
/** Answers between two kills, at most. */
const ANSWERS_MAX = 10;
const NAMES = ['one', 'two', 'three', 'four'];
const TIMEOUT_MS = 60_000 * (KILLS + 2);
const dice = new Dice(Number(process.env['SKERRY_FUZZ_SEED']));

let folder = '';
let schema: PostgresSchema;
let primary: SqldProcess;
let replica: SqldProcess;
let servers: Skerry[] = [];

/** One that shares records and sqld servers with the others, and nothing else. */
async function start(name: string): Promise<Skerry> {
  const dataDir = path.join(folder, name);
  await mkdir(dataDir, { recursive: true });
  if (name !== 'a') {
    // The first one made the token.
    await copyFile(path.join(folder, 'a', 'api-token'), path.join(dataDir, 'api-token'));
  }
  const fleets = ['--engine', 'sqld', '--sqld-fleets', path.join(folder, 'fleets.json')];
  return await startSkerry({ dataDir, args: [...fleets, '--store', schema.url, '--deleted-retention', '0'] });
}

function serverAt(index: number): Skerry {
  const server = servers[index % servers.length];
  if (server === undefined) {
    throw new Error('no server is running');
  }
  return server;
}

function anyone(): Skerry {
  return serverAt(dice.roll(servers.length));
}

/** The database's path at one of the servers. */
function by(server: Skerry, { name, token }: Pick<TestDatabase, 'name' | 'token'>, location = ''): TestDatabase {
  return { name, token, hostname: `${new URL(server.url).host}/db/skerry/${name}${location}/` };
}

/** Undefined when the server was gone before it answered. */
async function statusOf(work: Promise<unknown>): Promise<number | undefined> {
  return await work.then(
    () => 200,
    (error: unknown) =>
      error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined,
  );
}

describe.skipIf(SQLD_PATH === undefined || TEST_POSTGRES_URL === undefined)('two servers, one PostgreSQL', () => {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'skerry-several-'));
    schema = await PostgresSchema.create(TEST_POSTGRES_URL ?? '');
    const key = `--auth-jwt-key-file=${path.join(folder, 'a', 'sqld', 'gateway-key.pem')}`;
    const grpc = await SqldProcess.freeAddress();
    primary = await SqldProcess.prepare('fra', path.join(folder, 'fra'), { args: [key, `--grpc-listen-addr=${grpc}`] });
    replica = await SqldProcess.prepare('ams', path.join(folder, 'ams'), {
      args: [key, `--primary-grpc-url=http://${grpc}`],
    });
    await writeFleet(path.join(folder, 'fleets.json'), primary, [replica]);
    // It makes the key, which the records then hold.
    servers = [await start('a')];
    await primary.start();
    await replica.start();
    servers.push(await start('b'));
    await eventually(async () => await apiOf(serverAt(0)).groups.addLocation('default', 'ams'));
  }, TIMEOUT_MS);

  afterAll(async () => {
    await Promise.all(servers.map(async (server) => await server.stop()));
    await primary.stop('SIGKILL');
    await replica.stop('SIGKILL');
    await schema.drop();
    await rm(folder, { recursive: true, force: true });
  });

  test('a database made by one is served by the other, with the same tokens, on primary and replica', async () => {
    const database = await createDatabase(apiOf(serverAt(0)), 'shared');
    using first = httpClient(by(serverAt(0), database));
    using second = httpClient(by(serverAt(1), database));
    using secondReplica = httpClient(by(serverAt(1), database, '@ams'));
    await first.execute('CREATE TABLE t (a)');
    await second.execute('INSERT INTO t VALUES (1)');
    await secondReplica.execute('INSERT INTO t VALUES (2)');
    const { rows } = await first.execute('SELECT a FROM t ORDER BY a');
    expect(rows.map((row) => row['a'])).toEqual([1n, 2n]);
  });

  test('a token that was rotated away at one server is refused by the other', async () => {
    const database = await createDatabase(apiOf(serverAt(0)), 'rotated');
    using second = httpClient(by(serverAt(1), database));
    await second.execute('SELECT 1');
    await apiOf(serverAt(0)).databases.rotateTokens('rotated');
    await eventually(async () => {
      await expect(second.execute('SELECT 1')).rejects.toThrow(/JWT is invalid/);
    });
  });

  test('settings changed at both at once are on the server as the records say', async () => {
    await createDatabase(apiOf(serverAt(0)), 'settled');
    const { database } = (await call(serverAt(0), 'GET', '/databases/settled')) as { database: { DbId: string } };
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        [true, false, true, false].map(
          async (isBlocked, index) =>
            await call(serverAt(index), 'PATCH', '/databases/settled/configuration', { block_writes: isBlocked }),
        ),
      );
      const recorded = (await call(serverAt(1), 'GET', '/databases/settled/configuration')) as {
        block_writes: boolean;
      };
      const response = await fetch(`${primary.adminUrl}/v1/namespaces/${database.DbId}/config`);
      const kept = (await response.json()) as { block_writes: boolean };
      expect(kept.block_writes).toBe(recorded.block_writes);
    }
  });

  test(
    'kill -9 of either amid creates and deletes makes no database twice and leaves no half of one',
    { timeout: TIMEOUT_MS },
    async () => {
      let answers = 0;
      let isOver = false;
      const over = (): boolean => isOver;
      const work = Promise.all(
        NAMES.map(async (name) => {
          while (!over()) {
            await createAtOnce(name);
            answers += 1;
            expect([undefined, 200, 404]).toContain(await statusOf(apiOf(anyone()).databases.delete(name)));
            answers += 1;
          }
        }),
      );
      try {
        for (let kill = 0; kill < KILLS; kill += 1) {
          const until = answers + 1 + dice.roll(ANSWERS_MAX);
          const isReached = vi.waitUntil(() => answers >= until, { timeout: 120_000, interval: 5 });
          await Promise.race([work, isReached]);
          const victim = servers.shift();
          await victim?.kill();
          servers.push(await start(victim?.dataDir.endsWith('/a') === true ? 'a' : 'b'));
        }
      } finally {
        isOver = true;
      }
      await work;
      expect(answers).toBeGreaterThan(KILLS);
      await eventually(expectAgreement);
    },
  );
});

/** All ask for the same name: one makes it. */
async function createAtOnce(name: string): Promise<void> {
  const statuses = await Promise.all(
    servers.map(async (server) => await statusOf(apiOf(server).databases.create(name, { group: 'default' }))),
  );
  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(1);
  // A server that was killed may have made it; one that died amid that keeps the name until it is tidied up after.
  expect(statuses.filter((status) => status !== undefined && status !== 200 && status !== 409)).toEqual([]);
}

/** Both servers, the records and sqld say the same, and each database answers wherever it has an instance. */
async function expectAgreement(): Promise<void> {
  const lists = await Promise.all(servers.map(async (server) => await idsOf(apiOf(server))));
  expect(lists[0]).toEqual(lists[1]);
  const ids = lists[0] ?? new Map<string, string>();
  expect((await readdir(path.join(folder, 'fra', 'data', 'dbs'))).sort()).toEqual([...ids.values()].sort());
  const { jwt: token } = await apiOf(serverAt(0)).groups.createToken('default');
  for (const server of servers) {
    for (const name of ids.keys()) {
      const instances = await apiOf(server).databases.listInstances(name);
      expect(instances.map((one) => `${one.type} ${one.name}`)).toEqual(['primary fra', 'replica ams']);
      for (const location of ['@fra', '@ams']) {
        using client = httpClient(by(server, { name, token }, location));
        expect((await client.execute('SELECT 1 AS one')).rows[0]?.['one']).toBe(1n);
      }
    }
    for (const name of NAMES.filter((one) => !ids.has(one))) {
      expect(await statusOf(apiOf(server).databases.get(name))).toBe(404);
    }
  }
}

async function idsOf(api: Api): Promise<Map<string, string>> {
  const databases = await api.databases.list();
  return new Map(databases.map(({ name, id }) => [name, id]));
}

async function call(server: Skerry, method: string, where: string, body?: object): Promise<unknown> {
  const response = await fetch(`${server.url}/v1/organizations/skerry${where}`, {
    method,
    headers: { authorization: `Bearer ${server.apiToken}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    throw new Error(`${response.status} ${await response.text()}`);
  }
  return await response.json();
}
