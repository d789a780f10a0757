import { afterAll, beforeAll, expect, test } from 'vitest';

import { apiOf, createDatabase, httpClient, socketClient } from './support/clients.ts';
import type { TestDatabase } from './support/clients.ts';
import { startSkerry } from './support/skerry.ts';
import type { Skerry } from './support/skerry.ts';

const FAR_MS = 150;
let server: Skerry;
let primary: TestDatabase;
/** The same database, dialled at its replica. */
let replica: TestDatabase;

beforeAll(async () => {
  server = await startSkerry({
    args: ['--location', 'ams=Amsterdam', '--location', 'lhr=London', '--latency', `lhr=${FAR_MS}ms`],
  });
  const api = apiOf(server);
  await api.groups.addLocation('default', 'lhr');
  primary = await createDatabase(api, 'spread');
  const instances = await api.databases.listInstances('spread');
  const hostname = instances.find(({ type }) => type === 'replica')?.hostname ?? '';
  replica = { ...primary, hostname };
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

test('what is acknowledged at one instance is read at once at the other, by HTTP and by WebSocket', async () => {
  using near = httpClient(primary);
  using far = httpClient(replica);
  using socket = socketClient(replica);
  await near.execute('CREATE TABLE t (a INTEGER)');
  for (let round = 1; round <= 3; round += 1) {
    await near.execute('INSERT INTO t VALUES (1)');
    await far.execute('INSERT INTO t VALUES (2)');
    for (const client of [near, far, socket]) {
      const { rows } = await client.execute('SELECT count(*) FROM t');
      expect(rows[0]?.[0]).toBe(BigInt(round * 2));
    }
  }
});

test('a location that is made to seem far away takes its time, and a write there twice', async () => {
  using near = httpClient(primary);
  using far = httpClient(replica);
  using socket = socketClient(replica);
  await near.execute('CREATE TABLE far (a)');
  for (const client of [far, socket]) {
    expect(await durationMs(() => client.execute('SELECT 1'))).toBeGreaterThanOrEqual(FAR_MS);
    expect(await durationMs(() => client.execute('INSERT INTO far VALUES (1)'))).toBeGreaterThanOrEqual(2 * FAR_MS);
  }
  expect((await near.execute('SELECT count(*) FROM far')).rows[0]?.[0]).toBe(2n);
});

test('a replica that nobody has used yet takes a write first, also after a restart', async () => {
  await using first = await startSkerry({ args: ['--location', 'ams', '--location', 'lhr'] });
  const api = apiOf(first);
  await api.groups.addLocation('default', 'lhr');
  const database = await createDatabase(api, 'cold');
  await first.stop();
  await using again = await startSkerry({ dataDir: first.dataDir, args: ['--location', 'ams', '--location', 'lhr'] });
  const { port } = new URL(again.url);
  using cold = httpClient({ ...database, hostname: `lhr--cold-skerry.localhost:${port}` });
  await cold.execute('CREATE TABLE t (a)');
  await cold.execute('INSERT INTO t VALUES (1)');
  expect((await cold.execute('SELECT a FROM t')).rows[0]?.[0]).toBe(1n);
});

test('a hello of the older protocol names the log by a UUID; without a database, or for none, it is refused', async () => {
  const authorization = { 'x-authorization': `Bearer ${primary.token}` };
  const valid = await hello(server, {
    ...authorization,
    'x-namespace-bin': Buffer.from('spread-skerry').toString('base64'),
  });
  expect(valid.text).toMatch(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}.*grpc-status: ?0/s);
  expect((await hello(server, { ...authorization, 'x-namespace': 'nothing-skerry' })).status).toBe(404);
  const without = await hello(server, authorization);
  expect(without.status).toBe(404);
  expect(without.text).not.toContain('grpc-status:0');
});

/** Timers may be a millisecond early by the clock, of which this takes two into account. */
async function durationMs(run: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await run();
  return performance.now() - begin + 2;
}

async function hello(to: Skerry, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const response = await fetch(`${to.url}/wal_log.ReplicationLog/Hello`, {
    method: 'POST',
    headers: { 'content-type': 'application/grpc-web', ...headers },
    // One message: handshake version 1.
    body: Buffer.from([0, 0, 0, 0, 2, 8, 1]),
  });
  return { status: response.status, text: Buffer.from(await response.arrayBuffer()).toString('latin1') };
}
