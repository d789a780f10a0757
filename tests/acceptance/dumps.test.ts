/**
 * Databases made of dumps, as the official CLI makes them: upload the text, then name its URL as the seed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { buildAtlas } from '../data/atlas.ts';
import { type Api, apiOf, httpClient, ORGANIZATION } from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

const HEAD = 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n';

let server: Skerry;
let api: Api;
let elsewhere: ReturnType<typeof createServer>;
let source = '';
let count = 0;

beforeAll(async () => {
  elsewhere = createServer((_request, response) => response.end(`${HEAD}CREATE TABLE fetched (a);\nCOMMIT;\n`));
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  source = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
  server = await startSkerry({ args: ['--dump-source', `${source}allowed/`] });
  api = apiOf(server);
});

afterAll(async () => {
  elsewhere.close();
  await server[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly body: { readonly dump_url?: string; readonly error?: string; readonly code?: string };
}

async function post(url: string, body: FormData | string): Promise<Answer> {
  const response = await fetch(`${server.url}/v1/organizations/${ORGANIZATION}/databases${url}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiToken}` },
    body,
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function uploadDump(text: string | Uint8Array<ArrayBuffer>): Promise<Answer> {
  const form = new FormData();
  form.append('file', new Blob([text]), 'dump.sql');
  return await post('/dumps', form);
}

async function create(url: string | undefined, name = `dumped-${(count += 1)}`): Promise<Answer & { name: string }> {
  return { name, ...(await post('', JSON.stringify({ name, group: 'default', seed: { type: 'dump', url } }))) };
}

async function rowsOf(name: string, sql: string): Promise<unknown[][]> {
  const { hostname } = await api.databases.get(name);
  using client = httpClient({ hostname, token: (await api.databases.createToken(name)).jwt });
  return (await client.execute(sql)).rows.map((row) => Object.values(row));
}

function leftovers(): string[] {
  return readdirSync(path.join(server.dataDir, 'databases'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.includes('load'),
  );
}

test('what the sqlite3 program dumps of a real database is a database with the same content', async ({ skip }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-dumps-'));
  try {
    const file = path.join(folder, 'atlas.db');
    const counts = buildAtlas(file);
    const dump = spawnSync('sqlite3', [file, '.dump'], { maxBuffer: 1e9 });
    skip(dump.status !== 0, 'needs the sqlite3 program');
    const { body } = await uploadDump(new Uint8Array(dump.stdout));
    const { status, name } = await create(body.dump_url);
    expect(status).toBe(200);
    for (const [table, rows] of counts) {
      expect([table, ...(await rowsOf(name, `SELECT count(*) FROM "${table}"`))]).toEqual([table, [BigInt(rows)]]);
    }
    expect(await rowsOf(name, 'PRAGMA integrity_check')).toEqual([['ok']]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a trigger in a dump is one statement', async () => {
  const { body } = await uploadDump(
    `${HEAD}CREATE TABLE a (b);\nCREATE TABLE c (d);\n` +
      'CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO c VALUES (new.b); END;\n' +
      'INSERT INTO a VALUES (1);\nCOMMIT;\n',
  );
  const { name } = await create(body.dump_url);
  expect(await rowsOf(name, 'SELECT d FROM c')).toEqual([[1n]]);
});

test('a dump may come from where the operator said so', async () => {
  const { name } = await create(`${source}allowed/dump.sql`);
  expect(await rowsOf(name, 'SELECT count(*) FROM fetched')).toEqual([[0n]]);
});

test('a database made of a dump is there after a crash of everything', async () => {
  const { body } = await uploadDump(`${HEAD}CREATE TABLE kept (a);\nINSERT INTO kept VALUES (9);\nCOMMIT;\n`);
  const { name } = await create(body.dump_url);
  await server.kill();
  server = await startSkerry({ dataDir: server.dataDir });
  api = apiOf(server);
  expect(await rowsOf(name, 'SELECT a FROM kept')).toEqual([[9n]]);
});

test.each([
  ['a text that is no dump', 'Dear database,\nplease load this.\n', 'line 1'],
  ['an empty file', '', 'it is empty'],
  ['a database file', new Uint8Array(readFileSync(process.execPath).subarray(0, 5_000)), 'line 1'],
])('%s is refused when it is uploaded', async (_, text, problem) => {
  expect(await uploadDump(text)).toMatchObject({
    status: 400,
    body: { code: 'dump_invalid', error: expect.stringContaining(problem) },
  });
});

test.each([
  [
    'with a failing statement',
    'CREATE TABLE a (b);\nINSERT INTO nowhere VALUES (1);\nCOMMIT;\n',
    'line 4: no such table',
  ],
  ['that was cut off', 'CREATE TABLE a (b);\n', 'ends too early'],
  ['that wants another file', "ATTACH '/etc/passwd' AS p;\nCOMMIT;\n", 'line 3: not authorized'],
])('a dump %s makes no database, and leaves nothing of it', async (_, text, problem) => {
  const { body } = await uploadDump(HEAD + text);
  const { name, ...refused } = await create(body.dump_url);
  expect(refused).toMatchObject({
    status: 400,
    body: { code: 'dump_invalid', error: expect.stringContaining(problem) },
  });
  await expect(api.databases.get(name)).rejects.toThrow('could not find');
  expect(leftovers()).toEqual([]);
});

test('an upload that is cut off leaves no file', async () => {
  const kept = (): string[] => readdirSync(path.join(server.dataDir, 'dumps'));
  const before = kept();
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /v1/organizations/${ORGANIZATION}/databases/dumps HTTP/1.1\r\nHost: ${hostname}\r\n` +
      `Authorization: Bearer ${server.apiToken}\r\nContent-Length: 100000\r\n` +
      'Content-Type: multipart/form-data; boundary=b\r\n\r\n' +
      `--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n${HEAD}`,
  );
  await vi.waitUntil(() => kept().length > before.length, { timeout: 120_000 });
  socket.destroy();
  await vi.waitUntil(() => kept().length === before.length, { timeout: 120_000 });
  expect(kept()).toEqual(before);
});

test('a form without the file is refused', async () => {
  const form = new FormData();
  form.append('other', 'x');
  for (const body of [form, 'x']) {
    expect(await post('/dumps', body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  }
});

test('the server fetches no dump from where the operator did not say so', async () => {
  const unknown = `${server.url}/v1/organizations/${ORGANIZATION}/databases/dumps/f81d4fae-7dec-11d0-a765-00a0c91e6bf6`;
  for (const url of [`${source}other/dump.sql`, 'file:///etc/passwd', 'nonsense', unknown, undefined]) {
    expect(await create(url)).toMatchObject({ status: 400, body: { code: 'seed_invalid' } });
  }
});
