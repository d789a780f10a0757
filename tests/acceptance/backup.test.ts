/**
 * The backup off the machine, with a store that speaks S3 and a proxy that spoils what passes: kill -9 amid load, the data
 * folder deleted, everything restored onto an empty one. `SKERRY_BACKUP_ROUNDS` makes it longer.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { Dice } from '../../packages/server/src/log/testing.ts';
import { PostgresSchema, TEST_POSTGRES_URL } from '../../packages/server/src/store/testing/postgres-schema.ts';
import { type Api, apiOf, createDatabase, httpClient, ORGANIZATION } from './support/clients.ts';
import { eventually } from './support/eventually.ts';
import { type Fault, FaultyStore } from './support/object-store.ts';
import { PROGRAM, type Skerry, startSkerry } from './support/skerry.ts';

const ROUNDS = Number(process.env['SKERRY_BACKUP_ROUNDS'] ?? 2);
const DATABASES = ['one', 'two', 'three'];
const FAULTS: readonly Fault[] = ['error', 'denied', 'gone', 'partial'];
const WINDOW = ['--backup-window', '20ms'];
const dice = new Dice(Number(process.env['SKERRY_FUZZ_SEED']));

let folder = '';
let store: FaultyStore;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-backup-'));
  store = await FaultyStore.start(path.join(folder, 'store'));
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function start(dataDir: string, prefix: string): Promise<Skerry> {
  const args = [...store.args(prefix), ...WINDOW];
  const server = await startSkerry({ dataDir, args, environment: store.environment });
  // What was restored may be as of a moment at which somebody asked whether all was stored.
  for (const { name } of await apiOf(server).databases.list()) {
    await setDurability(server, name, 'local');
  }
  return server;
}

interface Status {
  readonly state: string;
  readonly error?: string | null;
}

async function statusOf(server: Skerry): Promise<Status> {
  const response = await fetch(`${server.url}/v1/backup`, { headers: { authorization: `Bearer ${server.apiToken}` } });
  return ((await response.json()) as { backup: Status }).backup;
}

/** Asks again until it is so. */
async function until(server: Skerry, isSo: (status: Status) => boolean): Promise<Status> {
  for (;;) {
    const status = await statusOf(server);
    if (isSo(status)) {
      return status;
    }
  }
}

/** Everything committed before the call is in the store when it resolves: while it is asked for, answers wait for that. */
async function settled(server: Skerry): Promise<void> {
  const api = apiOf(server);
  for (const { name, hostname } of await api.databases.list()) {
    const { jwt } = await api.databases.createToken(name);
    using client = httpClient({ hostname, token: jwt });
    await setDurability(server, name, 'off-site');
    await eventually(async () => await client.execute('SELECT 1'));
    await setDurability(server, name, 'local');
  }
  await until(server, ({ state }) => state === 'following');
}

async function setDurability(server: Skerry, name: string, durability: string): Promise<void> {
  const url = `${server.url}/v1/organizations/${ORGANIZATION}/databases/${name}/configuration`;
  const headers = { authorization: `Bearer ${server.apiToken}` };
  const { status } = await fetch(url, { method: 'PATCH', headers, body: JSON.stringify({ durability }) });
  expect(status).toBe(200);
}

async function skerry(args: readonly string[]): Promise<{ code: number | null; out: string }> {
  const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...store.environment };
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
  }
  await once(child, 'close');
  return { code: child.exitCode, out };
}

async function restore(
  dataDir: string,
  prefix: string,
  ...more: string[]
): Promise<{ code: number | null; out: string }> {
  return await skerry(['restore', ...store.args(prefix), '--data-dir', dataDir, ...more]);
}

async function restoreWhole(dataDir: string, prefix: string, ...more: string[]): Promise<void> {
  const { code, out } = await restore(dataDir, prefix, ...more);
  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('Restored') });
}

async function contentOf(api: Api, name: string): Promise<string> {
  const { hostname } = await api.databases.get(name);
  const { jwt } = await api.databases.createToken(name);
  using client = httpClient({ hostname, token: jwt });
  const check = await client.execute('PRAGMA integrity_check');
  const { rows } = await client.execute('SELECT count(*), coalesce(sum(n), 0), hex(sum(length(filling))) FROM t');
  return [check.rows[0]?.[0], ...Object.values(rows[0] ?? {})].map(String).join(' ');
}

async function write(api: Api, name: string, commits: number): Promise<void> {
  const { hostname } = await api.databases.get(name);
  const { jwt } = await api.databases.createToken(name);
  using client = httpClient({ hostname, token: jwt });
  await client.execute('CREATE TABLE IF NOT EXISTS t (n INTEGER, filling BLOB)');
  for (let commit = 0; commit < commits; commit += 1) {
    const filling = dice.roll(10) === 0 ? 400_000 : 200;
    await client.execute({ sql: 'INSERT INTO t VALUES (?, randomblob(?))', args: [dice.roll(1e6), filling] });
  }
}

test(
  `what was stored comes back whole on an empty machine, again and again (${ROUNDS} rounds)`,
  { timeout: 120_000 + ROUNDS * 60_000 },
  async () => {
    let dataDir = path.join(folder, 'data-0');
    for (let round = 0; round < ROUNDS; round += 1) {
      const expected = new Map<string, string>();
      {
        await using server = await start(dataDir, 'rounds');
        const api = apiOf(server);
        for (const name of round === 0 ? DATABASES : []) {
          await createDatabase(api, name);
        }
        if (round === 0) {
          await api.groups.addLocation('default', 'aws-us-east-1');
        }
        for (const fault of round === 0 ? ['none' as const] : ['slow' as const, 'gone' as const, 'none' as const]) {
          store.fault = fault;
          for (const name of DATABASES) {
            await write(api, name, 6);
          }
        }
        for (const name of DATABASES) {
          expected.set(name, await contentOf(api, name));
        }
        await settled(server);
        await server.kill();
      }
      await rm(dataDir, { recursive: true, force: true });
      dataDir = path.join(folder, `data-${round + 1}`);
      await restoreWhole(dataDir, 'rounds');
      await using server = await start(dataDir, 'rounds');
      const api = apiOf(server);
      for (const name of DATABASES) {
        expect(await contentOf(api, name)).toBe(expected.get(name));
      }
      await server.stop();
    }
  },
);

test.each(FAULTS)(
  'a store that fails (%s) delays the backup, says so, and costs nothing; so does one that fails a restore',
  async (fault) => {
    const dataDir = path.join(folder, `fault-${fault}`);
    store.fault = 'none';
    await using server = await start(dataDir, `fault-${fault}`);
    const api = apiOf(server);
    await createDatabase(api, 'shop');
    await write(api, 'shop', 3);
    await settled(server);
    store.fault = fault;
    store.faults = 0;
    await write(api, 'shop', 10);
    const { error } = await until(server, ({ state }) => state === 'failing');
    expect(error).toContain('could not');
    expect(store.faults).toBeGreaterThan(0);
    store.fault = 'none';
    const expected = await contentOf(api, 'shop');
    await settled(server);
    await server.kill();

    const copy = path.join(folder, `fault-${fault}-copy`);
    store.fault = fault;
    const failed = await restore(copy, `fault-${fault}`);
    expect(failed.code).not.toBe(0);
    await rm(copy, { recursive: true, force: true });
    store.fault = 'slow';
    await restoreWhole(copy, `fault-${fault}`);
    store.fault = 'none';
    await using restored = await start(copy, `fault-${fault}`);
    expect(await contentOf(apiOf(restored), 'shop')).toBe(expected);
  },
);

test('a verification restores everything, and finds what was changed in the store', async () => {
  await using server = await start(path.join(folder, 'verified'), 'verified');
  const api = apiOf(server);
  await createDatabase(api, 'shop');
  await write(api, 'shop', 20);
  await settled(server);
  const verify = async (): Promise<{ ok: boolean; databases: number; problems: string[] }> => {
    const response = await fetch(`${server.url}/v1/backup/verify`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiToken}` },
    });
    return ((await response.json()) as { verification: { ok: boolean; databases: number; problems: string[] } })
      .verification;
  };
  expect(await verify()).toMatchObject({ ok: true, databases: 1, problems: [] });
  store.fault = 'partial';
  expect(await verify()).toMatchObject({ ok: false });
  store.fault = 'none';
  const cli = await skerry(['backup', 'status', '--url', server.url, '--token-file', `${server.dataDir}/api-token`]);
  expect(cli.out).toContain('following');
});

test('a restore to a time has what was stored by then, and refuses a folder with something in it', async () => {
  const dataDir = path.join(folder, 'timed');
  await using server = await start(dataDir, 'timed');
  const api = apiOf(server);
  await createDatabase(api, 'shop');
  await write(api, 'shop', 5);
  await settled(server);
  const expected = await contentOf(api, 'shop');
  const at = new Date().toISOString();
  await write(api, 'shop', 5);
  await settled(server);
  await server.kill();
  expect(await restore(dataDir, 'timed')).toMatchObject({ code: 2, out: expect.stringContaining('not empty') });
  const copy = path.join(folder, 'timed-copy');
  await restoreWhole(copy, 'timed', '--at', at);
  await using restored = await start(copy, 'timed');
  expect(await contentOf(apiOf(restored), 'shop')).toBe(expected);
});

test('a drill leaves the backup to its server, and what it restored does not write to it', async () => {
  await using server = await start(path.join(folder, 'drilled'), 'drilled');
  const api = apiOf(server);
  await createDatabase(api, 'shop');
  await write(api, 'shop', 3);
  await settled(server);
  const copy = path.join(folder, 'drilled-copy');
  await restoreWhole(copy, 'drilled', '--drill');
  await using restored = await start(copy, 'drilled');
  expect(await contentOf(apiOf(restored), 'shop')).toBe(await contentOf(api, 'shop'));
  const { error } = await until(restored, ({ state }) => state === 'failing');
  expect(error).toContain('belongs to another data folder');
  await write(api, 'shop', 3);
  await settled(server);
});

test('a server whose backup was taken over notices it while it runs, and destroys nothing', async () => {
  await using former = await start(path.join(folder, 'former'), 'taken');
  await createDatabase(apiOf(former), 'shop');
  await write(apiOf(former), 'shop', 3);
  await settled(former);
  await restoreWhole(path.join(folder, 'present'), 'taken');
  await write(apiOf(former), 'shop', 5);
  const { error } = await until(former, ({ state }) => state === 'failing');
  expect(error).toContain('belongs to another data folder');
  let expected = '';
  {
    await using present = await start(path.join(folder, 'present'), 'taken');
    await write(apiOf(present), 'shop', 7);
    await write(apiOf(former), 'shop', 9);
    await settled(present);
    expected = await contentOf(apiOf(present), 'shop');
    await present.kill();
  }
  await restoreWhole(path.join(folder, 'next'), 'taken');
  await using next = await start(path.join(folder, 'next'), 'taken');
  expect(await contentOf(apiOf(next), 'shop')).toBe(expected);
  expect((await statusOf(former)).state).toBe('failing');
});

test('a folder that a restore did not finish is no data folder, and a restore that finds nothing says so in a line', async () => {
  const dataDir = path.join(folder, 'unfinished');
  store.fault = 'none';
  const nothing = await restore(dataDir, 'nothing-here');
  expect(nothing).toEqual({ code: 1, out: 'error: there is no backup here.\n' });
  await writeFile(path.join(dataDir, 'restore-unfinished'), '');
  const started = await skerry(['start', '--data-dir', dataDir, '--listen', '127.0.0.1:0']);
  expect(started).toMatchObject({ code: 5, out: expect.stringContaining('did not finish') });
  const again = await restore(dataDir, 'nothing-here');
  expect(again).toMatchObject({ code: 2, out: expect.stringContaining('not empty') });
});

describe.skipIf(TEST_POSTGRES_URL === undefined)('with the records in PostgreSQL', () => {
  test('a restore needs to know where they are, and brings back the databases that they name', async () => {
    const schema = await PostgresSchema.create(TEST_POSTGRES_URL ?? '');
    onTestFinished(async () => await schema.drop());
    const dataDir = path.join(folder, 'postgres');
    const args = [...store.args('postgres'), ...WINDOW, '--store', schema.url];
    let expected = '';
    {
      await using server = await startSkerry({ dataDir, args, environment: store.environment });
      await createDatabase(apiOf(server), 'shop');
      await write(apiOf(server), 'shop', 5);
      await settled(server);
      expected = await contentOf(apiOf(server), 'shop');
      await server.kill();
    }
    const copy = path.join(folder, 'postgres-copy');
    const refused = await restore(copy, 'postgres');
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining('records are in PostgreSQL') });
    await restoreWhole(copy, 'postgres', '--store', schema.url);
    await using again = await startSkerry({ dataDir: copy, args, environment: store.environment });
    expect(await contentOf(apiOf(again), 'shop')).toBe(expected);
  });
});
