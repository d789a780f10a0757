/**
 * Moving in: everything of another platform, and the folder of a libSQL server, with the command that a person types.
 * The other platform is a second Skerry, known by the Platform API that it has in common with Turso Cloud.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';

import { createClient as createApiClient } from '@tursodatabase/api';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { buildAtlas, type AtlasRows } from '../data/atlas.ts';
import { httpClient, upload } from './support/clients.ts';
import { PROGRAM, type Skerry, startSkerry } from './support/skerry.ts';

/** Each command is a process of its own, on a machine that may be busy. */
let root = '';
let there: Skerry;
let here: Skerry;
let rows: AtlasRows;

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'skerry-moving-'));
  [there, here] = await Promise.all([
    startSkerry({ args: ['--owner', 'ada', '--location', 'local=Here', '--location', 'ams=Amsterdam'] }),
    startSkerry(),
  ]);
  rows = buildAtlas(path.join(root, 'atlas.db'));
  const api = createApiClient({ org: 'ada', token: there.apiToken, baseUrl: `${there.url}/v1/` });
  await api.groups.create('europe', 'ams');
  await api.groups.addLocation('europe', 'local');
  const seed = { type: 'database_upload' } as unknown as { type: 'database' };
  const { hostname } = await api.databases.create('atlas', { group: 'europe', seed });
  await upload({ hostname, token: (await api.databases.createToken('atlas')).jwt }, path.join(root, 'atlas.db'));
  const notes = await api.databases.create('notes', { group: 'default' });
  using client = httpClient({ ...notes, token: (await api.databases.createToken('notes')).jwt });
  await client.batch(['CREATE TABLE note (t TEXT)', "INSERT INTO note VALUES ('first'), ('second')"], 'write');
  await fetch(`${there.url}/v1/organizations/ada/databases/notes/configuration`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${there.apiToken}` },
    body: JSON.stringify({ delete_protection: true, block_writes: true, allowed_ips: ['127.0.0.0/8'] }),
  });
});

afterAll(async () => {
  await there[Symbol.asyncDispose]();
  await here[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

interface Run {
  readonly out: string;
  readonly err: string;
  readonly exitCode: unknown;
}

async function skerry(...args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: root,
    env: {
      HOME: root,
      PATH: process.env['PATH'],
      SKERRY_URL: here.url,
      SKERRY_API_TOKEN_FILE: path.join(here.dataDir, 'api-token'),
    },
  });
  child.stdin.end();
  const closed = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = await closed;
  return { out, err, exitCode };
}

async function importTurso(...args: readonly string[]): Promise<Run> {
  const token = path.join(there.dataDir, 'api-token');
  return await skerry('import', 'turso', '--source', there.url, '--source-token-file', token, ...args);
}

async function query(organization: string, name: string, sql: string): Promise<unknown[][]> {
  const api = createApiClient({ org: organization, token: here.apiToken, baseUrl: `${here.url}/v1/` });
  const { hostname } = await api.databases.get(name);
  using client = httpClient({ hostname, token: (await api.databases.createToken(name)).jwt });
  return (await client.execute(sql)).rows.map((row) => Object.values(row));
}

test('a dry run says what would be done and what is different here, and does nothing', async () => {
  const { out, exitCode } = await importTurso('--dry-run');
  expect(exitCode).toBe(0);
  expect(out).toContain('to do  organization ada\n');
  expect(out).toContain('to do  database atlas in group europe (organization ada)\n');
  expect(out).toContain('there is no location ams here, so local stands for it');
  const { err } = await skerry('org', 'show', '--org', 'ada');
  expect(err).toContain('not_found');
});

test('organizations, groups and databases move, what failed moves next time, and what is done stays', async () => {
  const map = ['--location', 'ams=aws-eu-west-1'];
  await skerry('org', 'create', 'ada');
  await skerry('group', 'create', 'default', '--org', 'ada', '--location', 'local');
  await skerry('db', 'create', 'notes', '--org', 'ada', '--group', 'default');
  const first = await importTurso(...map, '--json');
  expect(first.exitCode).toBe(1);
  expect(JSON.parse(first.out)).toMatchObject({
    failures: [{ step: expect.stringContaining('database notes'), problem: expect.stringContaining('already exists') }],
  });
  for (const [table, count] of rows) {
    expect([table, await query('ada', 'atlas', `SELECT count(*) FROM "${table}"`)]).toEqual([table, [[BigInt(count)]]]);
  }
  await query('ada', 'atlas', 'CREATE TABLE written_here (a)');
  await skerry('db', 'destroy', 'notes', '--org', 'ada', '--yes');

  const second = await importTurso(...map);
  expect(second).toMatchObject({ out: expect.stringContaining('All of it is here.'), exitCode: 0 });
  expect(second.out).toContain('note: database notes: writes are blocked, as they are there');
  expect(existsSync(path.join(root, 'skerry-move.json.files'))).toBe(false);
  expect(await query('ada', 'notes', 'SELECT t FROM note')).toEqual([['first'], ['second']]);
  expect(await query('ada', 'atlas', 'SELECT count(*) FROM written_here')).toEqual([[0n]]);
  const group = JSON.parse((await skerry('group', 'show', 'europe', '--org', 'ada', '--json')).out) as unknown;
  expect(group).toMatchObject({ primary: 'aws-eu-west-1', locations: ['aws-eu-west-1', 'local'] });
  const shown = JSON.parse((await skerry('db', 'show', 'notes', '--org', 'ada', '--json')).out) as unknown;
  expect(shown).toMatchObject({ delete_protection: true });
  const settings = await fetch(`${here.url}/v1/organizations/ada/databases/notes/configuration`, {
    headers: { authorization: `Bearer ${here.apiToken}` },
  });
  expect(await settings.json()).toMatchObject({ block_writes: true, allowed_ips: ['127.0.0.0/8'] });
});

test('what is new at the source since the plan was made moves as well', async () => {
  const api = createApiClient({ org: 'ada', token: there.apiToken, baseUrl: `${there.url}/v1/` });
  await api.databases.create('late', { group: 'default' });
  const { out } = await importTurso('--location', 'ams=aws-eu-west-1');
  expect(out).toContain('done  database late in group default (organization ada)\n');
  expect(await query('ada', 'late', 'SELECT count(*) FROM sqlite_schema')).toEqual([[0n]]);
});

test('a source that gives its databases page by page is seen whole', async () => {
  const paging = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '', there.url);
    if (url.pathname.endsWith('/databases')) {
      url.searchParams.set('limit', '1');
    }
    const { authorization = '' } = incoming.headers;
    const pass = async (): Promise<void> => {
      const answer = await fetch(url, { headers: { authorization } });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    };
    void pass();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void paging.close());
  await once(paging, 'listening');
  const { port } = paging.address() as AddressInfo;
  const { out } = await importTurso('--source', `http://127.0.0.1:${port}`, '--plan', 'paged.json', '--dry-run');
  const api = createApiClient({ org: 'ada', token: there.apiToken, baseUrl: `${there.url}/v1/` });
  const names = (await api.databases.list()).map(({ name }) => name);
  expect(names.length).toBeGreaterThan(1);
  expect(out.match(/database \w+ in group/g)).toEqual(names.map((name) => `database ${name} in group`));
});

/** A plan that was interrupted amid one database. */
function interrupted(name: string, made?: string): string {
  const database = { organization: 'skerry', database: name, group: 'default' };
  const source = { organization: 'ada', database: 'late' };
  const step = { kind: 'database', state: 'begun', ...database, source, ...(made === undefined ? {} : { made }) };
  const file = path.join(root, `${name}.json`);
  const plan = { from: there.url, to: here.url, choices: 'into skerry', notes: [], steps: [step] };
  writeFileSync(file, JSON.stringify(plan));
  return file;
}

/** What became of the database; others of the source come on top. */
async function goOn(name: string, made?: string): Promise<string> {
  const { out } = await importTurso('--into', 'skerry', '--plan', interrupted(name, made), '--json');
  const { failures } = JSON.parse(out) as { failures: { step: string; problem: string }[] };
  return failures.find(({ step }) => step.startsWith(`database ${name} `))?.problem ?? 'moved';
}

test('a move that goes on removes its own unfinished copy, and nothing that only has the name', async () => {
  const api = createApiClient({ org: 'skerry', token: here.apiToken, baseUrl: `${here.url}/v1/` });
  const precious = await api.databases.create('precious', { group: 'default' });
  using client = httpClient({ ...precious, token: (await api.databases.createToken('precious')).jwt });
  await client.execute('CREATE TABLE kept (a)');
  const dry = await importTurso('--into', 'skerry', '--plan', interrupted('precious'), '--dry-run');
  expect(dry.out).toContain('there is a database precious in skerry already');
  for (const made of [undefined, '00000000-0000-7000-8000-000000000000']) {
    expect(await goOn('precious', made)).toContain('already exists');
    expect(await query('skerry', 'precious', 'SELECT name FROM sqlite_schema')).toEqual([['kept']]);
  }
  const seed = { type: 'database_upload' } as unknown as { type: 'database' };
  const { id } = await api.databases.create('unfinished', { group: 'default', seed });
  expect(await goOn('unfinished', id)).toBe('moved');
  expect(await query('skerry', 'unfinished', 'SELECT count(*) FROM sqlite_schema')).toEqual([[0n]]);
});

test('the folder of a libSQL server moves, with what is in its write-ahead logs', async () => {
  const folder = path.join(root, 'data.sqld');
  const open = ['default', 'Tenant_7'].map((namespace) => {
    mkdirSync(path.join(folder, 'dbs', namespace), { recursive: true });
    const database = new DatabaseSync(path.join(folder, 'dbs', namespace, 'data'));
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
      CREATE TABLE t (a); INSERT INTO t VALUES ('${namespace}')`);
    return database;
  });
  const { out } = await skerry('import', 'sqld', '--folder', folder, '--plan', 'sqld.json');
  for (const database of open) {
    database.close();
  }
  expect(out).toContain('database Tenant_7 is called tenant-7 here');
  expect(await query('skerry', 'default', 'SELECT a FROM t')).toEqual([['default']]);
  expect(await query('skerry', 'tenant-7', 'SELECT a FROM t')).toEqual([['Tenant_7']]);
});

test('a running server moves by its dump: an address with /dump that reads the namespace from a header', async () => {
  const api = createApiClient({ org: 'ada', token: there.apiToken, baseUrl: `${there.url}/v1/` });
  const token = path.join(root, 'token');
  writeFileSync(token, (await api.databases.createToken('notes')).jwt);
  const from = ['--source', there.url, '--source-token-file', token, '--namespaces', 'notes-ada'];
  const { out } = await skerry('import', 'sqld', ...from, '--plan', 'server.json');
  expect(out).toContain('All of it is here.');
  expect(await query('skerry', 'notes-ada', 'SELECT t FROM note')).toEqual([['first'], ['second']]);
});

test('a source that refuses, is none, or is not there is told as what it is', async () => {
  const wrong = path.join(root, 'wrong');
  writeFileSync(wrong, 'not a token');
  const web = createServer((_, response) => void response.end('<html>')).listen(0, '127.0.0.1');
  await once(web, 'listening');
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const from = async (source: string): Promise<Run> =>
    await skerry('import', 'turso', '--source', source, '--source-token-file', wrong, '--plan', 'hostile.json');
  expect(await from(there.url)).toMatchObject({ err: expect.stringContaining(`${there.url} refused`), exitCode: 6 });
  expect(await from(url)).toMatchObject({ err: expect.stringContaining('as a Platform API does'), exitCode: 2 });
  web.close();
  web.closeAllConnections();
  await once(web, 'close');
  const gone = await from(url);
  expect(gone).toMatchObject({ err: expect.stringContaining('with --source'), exitCode: 7 });
});

test.each([
  [['import', 'turso', '--source', 'nonsense', '--source-token-file', '/dev/null'], '--source "nonsense"'],
  [['import', 'turso'], '--source-token-file is missing'],
  [['import', 'sqld'], 'either --folder or --source'],
  [['import', 'sqld', '--folder', '/nowhere', '--plan', 'none.json'], 'is not the data folder of a libSQL server'],
])('%j is refused with what is missing', async (args, message) => {
  const { err, exitCode } = await skerry(...args);
  expect([err, exitCode]).toEqual([expect.stringContaining(message), 2]);
});
