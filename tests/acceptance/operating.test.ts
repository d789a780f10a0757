/**
 * What whoever operates the server asks of it: figures, health, TLS, and who a client behind a proxy is.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createClient } from '@libsql/client/web';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { apiOf, createDatabase, httpClient } from './support/clients.ts';
import { runSkerry, type Skerry, startSkerry } from './support/skerry.ts';

let server: Skerry;

beforeAll(async () => {
  server = await startSkerry({
    args: ['--trusted-proxy', '127.0.0.1', '--client-location', '203.0.113.0/24=aws-eu-west-1'],
  });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

async function closestTo(forwardedFor: string): Promise<unknown> {
  const headers = { 'x-forwarded-for': forwardedFor };
  return await (await fetch(`${server.url}/v1/closest-location`, { headers })).json();
}

async function figures(): Promise<Map<string, number>> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

test('the figures count requests, databases, rows and hosts', async () => {
  const before = await figures();
  const database = await createDatabase(apiOf(server), 'counted');
  using client = httpClient(database);
  await client.execute('CREATE TABLE t (a)');
  await client.execute('INSERT INTO t VALUES (1), (2), (3)');
  let after = await figures();
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  // A request is counted when its answer has left, which its client may see first.
  while (grown('skerry_request_seconds_count{target="database"}') < 2) {
    after = await figures();
  }
  expect(grown('skerry_requests_total{target="database",status="2xx"}')).toBeGreaterThanOrEqual(2);
  expect(grown('skerry_requests_total{target="api",status="2xx"}')).toBeGreaterThanOrEqual(2);
  expect(grown('skerry_databases')).toBe(1);
  expect(after.get('skerry_hosts_up')).toBeGreaterThanOrEqual(1);
});

test('alive and ready are told apart from each other, with what each part is doing', async () => {
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  const ready = await fetch(`${server.url}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toEqual({ ready: true, parts: { store: 'up', hosts: 'up' } });
});

test('a client behind a proxy that was not named cannot read the figures', async () => {
  expect((await fetch(`${server.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } })).status).toBe(403);
});

test('an allow rule is about the client that a named proxy tells of, not about what the client wrote itself', async () => {
  const api = apiOf(server);
  const { hostname, token } = await createDatabase(api, 'guarded');
  await fetch(`${server.url}/v1/organizations/skerry/databases/guarded/configuration`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${server.apiToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ allowed_ips: ['203.0.113.0/24'] }),
  });
  const ask = async (forwardedFor: string): Promise<number> => {
    const response = await fetch(`http://${hostname}/v2/pipeline`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': forwardedFor },
      body: JSON.stringify({ requests: [] }),
    });
    return response.status;
  };
  expect(await ask('203.0.113.9')).toBe(200);
  expect(await ask('198.51.100.7')).toBe(403);
  expect(await ask('203.0.113.9, 198.51.100.7')).toBe(403);
});

test('the closest location is the one that is named for the client’s address, and the first for everybody else', async () => {
  expect(await closestTo('203.0.113.9')).toEqual({ server: 'local', client: 'aws-eu-west-1' });
  expect(await closestTo('198.51.100.7')).toEqual({ server: 'local', client: 'local' });
});

test('a place that is no location stops the start, with those that there are', async () => {
  const { child, output } = runSkerry([
    '--listen',
    '127.0.0.1:0',
    '--client-location',
    '::/0=mars',
    '--data-dir',
    server.dataDir + '-none',
  ]);
  const [exitCode] = (await once(child, 'close')) as [number];
  expect(exitCode).toBe(2);
  expect(output()).toContain('--client-location');
  rmSync(`${server.dataDir}-none`, { recursive: true, force: true });
});

test('with a certificate everything is served over TLS, and an official client comes by https', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-tls-'));
  const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  const made = ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  const names = 'subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1';
  execFileSync('openssl', [...made, '-addext', names, '-keyout', key, '-out', cert]);
  try {
    await using secure = await startSkerry({ args: ['--tls-cert', cert, '--tls-key', key] });
    expect(secure.url).toMatch(/^https:/);
    const call = async (method: string, where: string, bearer: string, body?: object): Promise<string> =>
      await new Promise((resolve, reject) => {
        const outgoing = request(
          `${secure.url}${where}`,
          { method, rejectUnauthorized: false, headers: { authorization: `Bearer ${bearer}` } },
          (incoming) => {
            incoming.setEncoding('utf8');
            let text = '';
            incoming.on('data', (chunk: string) => (text += chunk)).on('end', () => resolve(text));
          },
        );
        outgoing.on('error', reject).end(body === undefined ? '' : JSON.stringify(body));
      });
    const base = '/v1/organizations/skerry/databases';
    await call('POST', base, secure.apiToken, { name: 'safe', group: 'default' });
    const { jwt } = JSON.parse(await call('POST', `${base}/safe/auth/tokens`, secure.apiToken)) as { jwt: string };
    const client = createClient({
      url: `${secure.url}/db/skerry/safe/`,
      authToken: jwt,
      // A certificate that this test made itself.
      fetch: async (asked: Request) =>
        new Response(await call(asked.method, new URL(asked.url).pathname, jwt, (await asked.json()) as object)),
    });
    expect((await client.execute('SELECT 1 AS one')).rows[0]?.['one']).toBe(1);
    client.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
