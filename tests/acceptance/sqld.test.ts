/**
 * A primary and two replicas of libSQL's server, each a process, behind the gateway. Runs when `SQLD_PATH` names the
 * program, and is skipped otherwise.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Client } from '@libsql/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { apiOf, createDatabase, httpClient, socketClient, type TestDatabase } from './support/clients.ts';
import { eventually } from './support/eventually.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';
import { SQLD_PATH } from './support/sqld-process.ts';

const LOCATIONS = ['fra', 'ams', 'lhr'];

let server: Skerry;
let dataDir = '';

async function start(): Promise<Skerry> {
  const locations = LOCATIONS.flatMap((code) => ['--location', `${code}=${code.toUpperCase()}`]);
  return await startSkerry({ dataDir, args: ['--engine', 'sqld', '--sqld', SQLD_PATH ?? '', ...locations] });
}

async function call(method: string, where: string, body?: object): Promise<Response> {
  return await fetch(`${server.url}/v1/organizations/skerry${where}`, {
    method,
    headers: { authorization: `Bearer ${server.apiToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function configure(name: string, body: object): Promise<number> {
  return (await call('PATCH', `/databases/${name}/configuration`, body)).status;
}

async function killServerOf(location: string): Promise<void> {
  process.kill(Number(await readFile(path.join(dataDir, 'sqld', location, 'pid'), 'utf8')), 'SIGKILL');
}

/** The instance of a location, by its path. */
function at({ name, token }: TestDatabase, location: string): TestDatabase {
  return { name, token, hostname: `${new URL(server.url).host}/db/skerry/${name}@${location}/` };
}

async function countOn(client: Client): Promise<number> {
  const { rows } = await client.execute('SELECT count(*) AS n FROM t');
  return Number(rows[0]?.['n']);
}

describe.skipIf(SQLD_PATH === undefined)('sqld servers (SQLD_PATH)', () => {
  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'skerry-sqld-'));
    server = await start();
    for (const location of LOCATIONS.slice(1)) {
      const added = await call('POST', `/groups/default/locations/${location}`);
      if (!added.ok) {
        throw new Error(await added.text());
      }
    }
  });

  afterAll(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('a write on a replica is on the primary and on every replica', async () => {
    const database = await createDatabase(apiOf(server), 'spread');
    using replica = httpClient(at(database, 'ams'));
    await replica.execute('CREATE TABLE t (a)');
    await replica.execute('INSERT INTO t VALUES (1), (2)');
    for (const location of LOCATIONS) {
      using client = socketClient(at(database, location));
      expect(await eventually(async () => await atLeast(client, 2))).toBe(2);
    }
  });

  test('a replica that was away has what was written, and the databases that were created, meanwhile', async () => {
    const old = await createDatabase(apiOf(server), 'before');
    using primary = httpClient(old);
    await primary.execute('CREATE TABLE t (a)');
    await killServerOf('lhr');
    await primary.execute('INSERT INTO t VALUES (1)');
    const fresh = await createDatabase(apiOf(server), 'meanwhile');
    using freshPrimary = httpClient(fresh);
    await freshPrimary.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1), (2), (3)'], 'write');
    using oldThere = httpClient(at(old, 'lhr'));
    using freshThere = httpClient(at(fresh, 'lhr'));
    expect(await eventually(async () => await atLeast(oldThere, 1))).toBe(1);
    expect(await eventually(async () => await atLeast(freshThere, 3))).toBe(3);
  });

  test('nothing acknowledged is lost when the primary is killed; errors say what is wrong; it comes back', async () => {
    const database = await createDatabase(apiOf(server), 'durable');
    using client = httpClient(database);
    await client.execute('CREATE TABLE t (a INTEGER PRIMARY KEY)');
    const acknowledged: number[] = [];
    const failures = new Set<string>();
    let next = 1;
    const write = async (): Promise<void> => {
      const id = next;
      next += 1;
      await client.execute({ sql: 'INSERT INTO t VALUES (?)', args: [id] });
      acknowledged.push(id);
    };
    const writeOrNote = async (): Promise<void> => {
      await write().catch((error: unknown) => failures.add(String(error)));
    };
    for (let count = 0; count < 50; count += 1) {
      await writeOrNote();
    }
    await Promise.all([killServerOf('fra'), ...Array.from({ length: 20 }, writeOrNote)]);
    await eventually(async () => {
      await write().catch((error: unknown) => {
        failures.add(String(error));
        throw error;
      });
    });
    const { rows } = await client.execute('SELECT a FROM t');
    const kept = new Set(rows.map((row) => Number(row['a'])));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    for (const failure of failures) {
      expect(failure).toMatch(/the server of location fra cannot be reached|503/);
    }
    using replica = httpClient(at(database, 'ams'));
    expect(await eventually(async () => await atLeast(replica, kept.size))).toBe(kept.size);
  });

  test('a token that was rotated away is refused at once, on an open socket too', async () => {
    const database = await createDatabase(apiOf(server), 'rotated');
    using http = httpClient(database);
    using socket = socketClient(database);
    await socket.execute('SELECT 1');
    await call('POST', '/databases/rotated/auth/rotate');
    await expect(http.execute('SELECT 1')).rejects.toThrow(/JWT is invalid/);
    await expect(socket.execute('SELECT 1')).rejects.toThrow(/JWT is invalid|closed/);
    const { jwt } = await apiOf(server).databases.createToken('rotated');
    using again = httpClient({ ...database, token: jwt });
    expect((await again.execute('SELECT 1 AS one')).rows[0]?.['one']).toBe(1n);
  });

  test('a read-only token cannot write, whatever headers come with it', async () => {
    const database = await createDatabase(apiOf(server), 'readonly');
    const other = await createDatabase(apiOf(server), 'other');
    const { jwt } = await apiOf(server).databases.createToken('readonly', { authorization: 'read-only' });
    const otherId = ((await (await call('GET', '/databases/other')).json()) as { database: { DbId: string } }).database
      .DbId;
    using full = httpClient(other);
    await full.execute('CREATE TABLE secret (a)');
    const ask = async (sql: string): Promise<{ status: number; text: string }> => {
      const response = await fetch(`http://${database.hostname}/v2/pipeline`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${jwt}`,
          'x-namespace': otherId,
          'x-namespace-bin': Buffer.from(otherId).toString('base64'),
          'x-proxy-authorization': '"FullAccess"',
        },
        body: JSON.stringify({ requests: [{ type: 'execute', stmt: { sql } }, { type: 'close' }] }),
      });
      return { status: response.status, text: await response.text() };
    };
    expect((await ask('SELECT count(*) FROM secret')).text).toContain('no such table');
    const written = await ask('CREATE TABLE t (a)');
    expect(`${written.status} ${written.text}`).toMatch(/403|forbidden/i);
  });

  test('a size limit and blocked writes reach the server, and are lifted again', async () => {
    const database = await createDatabase(apiOf(server), 'limited');
    using client = httpClient(database);
    await client.execute('CREATE TABLE t (a)');
    expect(await configure('limited', { block_writes: true })).toBe(200);
    await expect(client.execute('INSERT INTO t VALUES (1)')).rejects.toThrow(/blocked/i);
    expect(await configure('limited', { block_writes: false, size_limit: '1mb' })).toBe(200);
    await client.execute('INSERT INTO t VALUES (1)');
    await expect(client.execute('INSERT INTO t VALUES (zeroblob(3000000))')).rejects.toThrow(/full/i);
  });

  test('a copy has what its source had, and lives on its own', async () => {
    const source = await createDatabase(apiOf(server), 'source');
    using original = httpClient(source);
    await original.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1), (2)'], 'write');
    const made = await call('POST', '/databases', {
      name: 'copy',
      group: 'default',
      seed: { type: 'database', name: 'source' },
    });
    expect(made.status).toBe(200);
    const { jwt } = await apiOf(server).databases.createToken('copy');
    using copy = httpClient({ hostname: `${new URL(server.url).host}/db/skerry/copy/`, token: jwt });
    await original.execute('INSERT INTO t VALUES (3)');
    expect(await countOn(copy)).toBe(2);
  });

  test('what statements read and wrote on the servers is in the usage figures', async () => {
    const database = await createDatabase(apiOf(server), 'counted');
    using client = httpClient(database);
    await client.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1), (2), (3)'], 'write');
    await client.execute('SELECT * FROM t');
    const usage = await eventually(async () => {
      const answer = (await (await call('GET', '/databases/counted/usage')).json()) as {
        database: { usage: { rows_read: number; rows_written: number } };
      };
      const told = answer.database.usage;
      if (told.rows_read < 3 || told.rows_written < 3) {
        throw new Error(`not told yet: ${JSON.stringify(told)}`);
      }
      return told;
    });
    expect(usage.rows_read).toBeLessThan(50);
    expect(usage.rows_written).toBeLessThan(50);
  });

  test('a deleted database is gone, and its name is free at once', async () => {
    const database = await createDatabase(apiOf(server), 'short');
    using client = httpClient(database);
    await client.execute('CREATE TABLE t (a)');
    expect((await call('DELETE', '/databases/short')).status).toBe(200);
    await expect(client.execute('SELECT 1')).rejects.toThrow(/404|doesn't exist/);
    using again = httpClient(await createDatabase(apiOf(server), 'short'));
    await expect(again.execute('SELECT * FROM t')).rejects.toThrow(/no such table/);
  });

  test('after the whole is killed and started again everything is there, on servers of its own', async () => {
    const database = await createDatabase(apiOf(server), 'survivor');
    {
      using client = httpClient(database);
      await client.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'], 'write');
    }
    await server.kill();
    server = await start();
    using again = httpClient({ ...database, hostname: `${new URL(server.url).host}/db/skerry/survivor/` });
    expect(await countOn(again)).toBe(1);
  });
});

/** Rejects as long as there are fewer rows: a replica follows a moment behind. */
async function atLeast(client: Client, rows: number): Promise<number> {
  const count = await countOn(client);
  if (count < rows) {
    throw new Error(`${count} of ${rows} rows`);
  }
  return count;
}
