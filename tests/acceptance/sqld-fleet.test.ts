/**
 * sqld servers that somebody else runs (`--sqld-fleets`): they come and go, and close databases to make room. Skipped
 * where SQLD_PATH names no program.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { apiOf, createDatabase, httpClient, type TestDatabase } from './support/clients.ts';
import { eventually } from './support/eventually.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';
import { SQLD_PATH, SqldProcess, writeFleet } from './support/sqld-process.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-fleet-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Skerry first: it makes the key that its servers are started with. */
async function startBoth(
  args: readonly string[],
  options: { readonly direct?: boolean } = {},
): Promise<{ skerry: Skerry; sqld: SqldProcess } & AsyncDisposable> {
  const dataDir = path.join(folder, 'skerry');
  const fleets = path.join(folder, 'fleets.json');
  const key = `--auth-jwt-key-file=${path.join(dataDir, 'sqld', 'gateway-key.pem')}`;
  const sqld = await SqldProcess.prepare('fra', path.join(folder, 'fra'), { args: [key, ...args] });
  await writeFleet(fleets, sqld, [], options);
  const skerry = await startSkerry({ dataDir, args: ['--engine', 'sqld', '--sqld-fleets', fleets] });
  await sqld.start();
  return {
    skerry,
    sqld,
    async [Symbol.asyncDispose]() {
      await skerry.stop();
      await sqld.stop('SIGKILL');
    },
  };
}

async function call(skerry: Skerry, method: string, where: string, body?: object): Promise<number> {
  const response = await fetch(`${skerry.url}/v1/organizations/skerry${where}`, {
    method,
    headers: { authorization: `Bearer ${skerry.apiToken}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.status;
}

/** Until the gateway has seen that the server answers. */
async function whenUp(skerry: Skerry, name: string): Promise<TestDatabase> {
  return await eventually(async () => await createDatabase(apiOf(skerry), name));
}

async function pipeline(
  url: string,
  token: string,
  sql: string,
  headers = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/v2/pipeline`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ requests: [{ type: 'execute', stmt: { sql } }, { type: 'close' }] }),
  });
  return { status: response.status, text: await response.text() };
}

describe.skipIf(SQLD_PATH === undefined)('sqld servers that others run (SQLD_PATH)', () => {
  test('settings changed while a server was down hold from the first statement that it answers again', async () => {
    await using both = await startBoth([]);
    const { skerry, sqld } = both;
    const database = await whenUp(skerry, 'shop');
    using client = httpClient(database);
    await client.batch(['CREATE TABLE t (a)', 'CREATE TABLE beat (a)', 'INSERT INTO t VALUES (1)'], 'write');
    await sqld.stop();
    expect(await call(skerry, 'PATCH', '/databases/shop/configuration', { block_writes: true })).toBe(503);
    await sqld.start();
    const refusal = await eventually(async () => {
      const answer = await pipeline(
        `http://${database.hostname.replace(/\/$/, '')}`,
        database.token,
        'INSERT INTO t VALUES (2)',
      );
      if (answer.status === 503) {
        throw new Error('not up yet');
      }
      return answer.text;
    });
    expect(refusal).toMatch(/blocked/i);
    expect((await client.execute('SELECT count(*) AS n FROM t')).rows[0]?.['n']).toBe(1n);
    await sqld.stop('SIGKILL');
    expect(await call(skerry, 'PATCH', '/databases/shop/configuration', { block_writes: false })).toBe(503);
    await skerry.kill();
    await sqld.start();
    const dataDir = skerry.dataDir;
    const fleets = path.join(folder, 'fleets.json');
    await using again = await startSkerry({ dataDir, args: ['--engine', 'sqld', '--sqld-fleets', fleets] });
    using later = httpClient({ ...database, hostname: `${new URL(again.url).host}/db/skerry/shop/` });
    await later.execute('INSERT INTO t VALUES (3)');
    expect((await later.execute('SELECT count(*) AS n FROM t')).rows[0]?.['n']).toBe(2n);
  });

  test('a database deleted while its server was down is gone from the server when it is back', async () => {
    await using both = await startBoth([]);
    const { skerry, sqld } = both;
    await whenUp(skerry, 'shop');
    const { database } = (await (
      await fetch(`${skerry.url}/v1/organizations/skerry/databases/shop`, {
        headers: { authorization: `Bearer ${skerry.apiToken}` },
      })
    ).json()) as { database: { DbId: string } };
    await sqld.stop('SIGKILL');
    expect(await call(skerry, 'DELETE', '/databases/shop')).toBe(200);
    await sqld.start();
    // It can be restored: its files stay, and nobody is let in.
    await eventually(async () => {
      const config = await fetch(`${sqld.adminUrl}/v1/namespaces/${database.DbId}/config`);
      const { block_reads: blockReads } = (await config.json()) as { block_reads: boolean };
      if (!blockReads) {
        throw new Error('not closed yet');
      }
    });
    await whenUp(skerry, 'shop');
  });

  test(
    'databases of a server that closes them to make room are found by every request',
    { timeout: 120_000 },
    async () => {
      await using both = await startBoth(['--max-active-namespaces=8']);
      const { skerry } = both;
      await whenUp(skerry, 'many-0');
      const names = Array.from({ length: 24 }, (_, index) => `many-${index}`);
      await Promise.all(names.slice(1).map(async (name) => await createDatabase(apiOf(skerry), name)));
      const { jwt } = await apiOf(skerry).groups.createToken('default');
      const ask = async (name: string): Promise<string> => {
        const { status, text } = await pipeline(`${skerry.url}/db/skerry/${name}`, jwt, 'SELECT 1');
        return status === 200 ? 'found' : `${status} ${text}`;
      };
      const answers: string[] = [];
      for (let round = 0; round < 10; round += 1) {
        answers.push(...(await Promise.all(names.map(ask))));
      }
      expect(new Set(answers)).toEqual(new Set(['found']));
    },
  );

  test('in direct mode a server judges clients’ own tokens: good on their database only, and until they are rotated', async () => {
    await using both = await startBoth([], { direct: true });
    const { skerry, sqld } = both;
    const database = await whenUp(skerry, 'shop');
    const other = await createDatabase(apiOf(skerry), 'other');
    const { id } = await apiOf(skerry).databases.get('shop');
    const [instance] = await apiOf(skerry).databases.listInstances('shop');
    expect(instance?.hostname).toBe(`${id}.${new URL(sqld.url).host}`);
    const ask = async (token: string): Promise<number> =>
      (await pipeline(sqld.url, token, 'SELECT 1', { 'x-namespace': id })).status;
    expect(await ask(database.token)).toBe(200);
    expect([401, 403, 404]).toContain(await ask(other.token));
    expect((await pipeline(`${skerry.url}/db/skerry/shop`, database.token, 'SELECT 1')).status).toBe(200);
    expect(await call(skerry, 'POST', '/databases/shop/auth/rotate')).toBe(200);
    expect([401, 403, 404]).toContain(await ask(database.token));
    const { jwt } = await apiOf(skerry).databases.createToken('shop');
    expect(await ask(jwt)).toBe(200);
  });

  test('a restore to an earlier time is refused, and says why', async () => {
    await using both = await startBoth([]);
    const { skerry } = both;
    await whenUp(skerry, 'shop');
    const response = await fetch(`${skerry.url}/v1/organizations/skerry/databases`, {
      method: 'POST',
      headers: { authorization: `Bearer ${skerry.apiToken}` },
      body: JSON.stringify({
        name: 'copy',
        group: 'default',
        seed: { type: 'database', name: 'shop', timestamp: new Date().toISOString() },
      }),
    });
    expect(response.status).toBe(501);
    expect(await response.text()).toMatch(/point in time at location fra/);
  });
});
