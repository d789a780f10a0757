/**
 * TLS with the certificate that `skerry certs` makes, and official clients that trust its authority as their users would
 * let them.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { PROGRAM, type Skerry, startSkerry } from './support/skerry.ts';

const DOMAIN = 'skerry.localhost';
const run = promisify(execFile);

let dataDir: string;
let authority: string;
let server: Skerry;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'skerry-tls-'));
  const { stdout } = await skerry('certs', '--data-dir', dataDir, '--domain', DOMAIN, '--json');
  ({
    files: { authority },
  } = JSON.parse(stdout) as { files: { authority: string } });
  server = await startSkerry({ dataDir, args: ['--tls', 'local', '--domain', DOMAIN] });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true });
});

async function skerry(...args: string[]): Promise<{ stdout: string }> {
  return await run(process.execPath, [PROGRAM, ...args], { env: { PATH: process.env['PATH'] } });
}

/** Runs the program in a process that trusts the authority by Node's own variable. */
async function trusting(program: string, ...args: string[]): Promise<string> {
  const names = path.resolve(import.meta.dirname, 'support/localhost-names.ts');
  const preamble = `import { resolveLocalhostNames } from ${JSON.stringify(names)}; resolveLocalhostNames();`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', preamble + program, ...args], {
    env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: authority },
    cwd: import.meta.dirname,
  });
  return stdout.trim();
}

const ASK = `
  const [url, authToken] = process.argv.slice(1);
  const { createClient } = await import('@libsql/client');
  const client = createClient({ url, authToken });
  console.log((await client.execute('SELECT 40 + 2 AS answer')).rows[0].answer);
  client.close();`;

const MAKE = `
  const [baseUrl, token] = process.argv.slice(1);
  const { createClient } = await import('@tursodatabase/api');
  const api = createClient({ org: 'skerry', token, baseUrl });
  const { hostname } = await api.databases.create('shop', { group: 'default' });
  console.log(JSON.stringify({ hostname, ...(await api.databases.createToken('shop')) }));`;

test('the official SDK and a client with a libsql:// address trust the authority by NODE_EXTRA_CA_CERTS', async () => {
  const made = await trusting(MAKE, `${server.url.replace('127.0.0.1', 'localhost')}/v1/`, server.apiToken);
  const { hostname, jwt } = JSON.parse(made) as { hostname: string; jwt: string };
  expect(hostname).toMatch(/^shop-skerry\.skerry\.localhost:\d+$/);
  const byHost = `libsql://${hostname}?tls=1`;
  const byPath = `libsql://localhost:${new URL(server.url).port}/db/skerry/shop/?tls=1`;
  const bySocket = `wss://${hostname}`;
  for (const url of [byHost, byPath, bySocket]) {
    expect({ url, answer: await trusting(ASK, url, jwt) }).toEqual({ url, answer: '42' });
  }
});

test('a client that does not trust the authority is not let into the connection', async () => {
  await expect(fetch(`${server.url}/health`)).rejects.toMatchObject({
    cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
  });
});

test('a start with --tls local makes what is missing, and says which authority is to be trusted', async () => {
  await using fresh = await startSkerry({ args: ['--tls', 'local'] });
  const file = path.join(fresh.dataDir, 'tls', 'ca.pem');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(fresh.output()).toContain(`NODE_EXTRA_CA_CERTS=${file}`);
  expect(fresh.output()).not.toContain('unencrypted');
});
