/**
 * The `skerry` commands as a person types them, against a running server.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { type AtlasRows, buildAtlas } from '../data/atlas.ts';
import { apiOf } from './support/clients.ts';
import { PROGRAM, type Skerry, startSkerry } from './support/skerry.ts';

/** Each command is a process of its own, on a machine that may be busy. */
let root = '';
let server: Skerry;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'skerry-cli-'));
  server = await startSkerry();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

interface Run {
  readonly out: string;
  readonly err: string;
  readonly exitCode: unknown;
}

async function skerry(args: readonly string[], input = '', environment: Record<string, string> = {}): Promise<Run> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: root,
    env: {
      HOME: root,
      PATH: process.env['PATH'],
      SKERRY_URL: server.url,
      SKERRY_API_TOKEN_FILE: path.join(server.dataDir, 'api-token'),
      ...environment,
    },
  });
  child.stdin.end(input);
  const closed = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = await closed;
  return { out, err, exitCode };
}

/** What a command prints with `--json`; it must succeed. */
async function json<T>(...args: readonly string[]): Promise<T> {
  const { out, err, exitCode } = await skerry([...args, '--json']);
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out) as T;
}

test('a database from its making to its end, in commands', async () => {
  expect(await skerry(['db', 'create', 'shop'])).toMatchObject({
    out: expect.stringContaining('Made database shop at http://shop-skerry.localhost:'),
    exitCode: 0,
  });
  const made = "CREATE TABLE item (name TEXT, price REAL); INSERT INTO item VALUES ('pear; ripe', 0.5), (NULL, 2)";
  expect(await skerry(['db', 'shell', 'shop', made])).toMatchObject({ out: '2 rows changed.\n', exitCode: 0 });
  expect(await skerry(['db', 'shell', 'shop'], 'SELECT * FROM item;\nSELECT count(*) AS n FROM item')).toMatchObject({
    out: 'name        price\npear; ripe  0.5\nNULL        2\n\nn\n2\n',
    exitCode: 0,
  });
  expect(await json('db', 'shell', 'shop', "SELECT 9007199254740993, x'00ff'")).toEqual([
    { columns: ['9007199254740993', "x'00ff'"], rows: [['9007199254740993', { base64: 'AP8=' }]], rowsAffected: 0 },
  ]);
  const shown = await json<{ Name: string; instances: { type: string }[] }>('db', 'show', 'shop');
  expect([shown.Name, shown.instances.map(({ type }) => type)]).toEqual(['shop', ['primary']]);
  expect((await skerry(['db', 'list'])).out).toMatch(
    /NAME +GROUP +ADDRESS\nshop +default +shop-skerry\.localhost:\d+\n/,
  );

  const withoutYes = await skerry(['db', 'destroy', 'shop']);
  expect(withoutYes).toMatchObject({ exitCode: 2, err: expect.stringContaining('--yes') });
  expect(await json('db', 'destroy', 'shop', '--yes')).toEqual({ database: 'shop' });
  expect(await skerry(['db', 'show', 'shop'])).toMatchObject({
    err: expect.stringMatching(/could not find database with name shop.*\(database_not_found\)\nNext: /),
    exitCode: 6,
  });
});

test('a SQLite file goes in and comes out again as SQL with the same content, and a bad file leaves nothing', async () => {
  const rows: AtlasRows = buildAtlas(path.join(root, 'World Atlas.db'));
  const imported = await json<{ database: string }>('db', 'import', 'World Atlas.db');
  expect(imported.database).toBe('world-atlas');
  expect(await json('db', 'dump', 'world-atlas', '--output', 'atlas.sql')).toMatchObject({ file: 'atlas.sql' });
  expect(await json('db', 'import', 'atlas.sql', 'again')).toMatchObject({ database: 'again' });
  for (const database of ['world-atlas', 'again']) {
    const counts = [...rows.keys()].map((table) => `SELECT count(*) FROM "${table}"`).join('; ');
    const results = await json<{ rows: number[][] }[]>('db', 'shell', database, counts);
    expect([database, results.map((result) => result.rows[0]?.[0])]).toEqual([database, [...rows.values()]]);
  }

  expect(await json('db', 'export', 'again', '--output', 'again.db')).toMatchObject({ file: 'again.db' });
  using exported = new DatabaseSync(path.join(root, 'again.db'), { readOnly: true });
  for (const [table, count] of rows) {
    expect(exported.prepare(`SELECT count(*) AS n FROM "${table}"`).get()).toEqual({ n: count });
  }
  expect(exported.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });

  await writeFile(path.join(root, 'bad.sql'), 'CREATE TABLE t (a); INSERT INTO nowhere VALUES (1);');
  expect(await skerry(['db', 'import', 'bad.sql'])).toMatchObject({
    err: expect.stringContaining('no such table: nowhere'),
    exitCode: 2,
  });
  await writeFile(path.join(root, 'cut.db'), (await readFile(path.join(root, 'World Atlas.db'))).subarray(0, 10_000));
  expect((await skerry(['db', 'import', 'cut.db'])).exitCode).not.toBe(0);
  expect((await apiOf(server).databases.list()).map(({ name }) => name).sort()).toEqual(['again', 'world-atlas']);
  expect((await readdir(root)).filter((name) => name.endsWith('.part'))).toEqual([]);
});

function rowsIn(file: string): unknown {
  using database = new DatabaseSync(path.join(root, file), { readOnly: true });
  return database.prepare('SELECT count(*) AS n, min(a) AS first FROM t').get();
}

test('an export has what was written since the last checkpoint', async () => {
  await json('db', 'create', 'live');
  await json('db', 'shell', 'live', 'CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)');
  await json('db', 'export', 'live', '--output', 'live-1.db');
  const more = 'WITH n(a) AS (SELECT 3 UNION ALL SELECT a + 1 FROM n WHERE a < 5000) INSERT INTO t SELECT a FROM n';
  await json('db', 'shell', 'live', `DELETE FROM t WHERE a = 1; ${more}`);
  await json('db', 'export', 'live', '--output', 'live-2.db');
  expect([rowsIn('live-1.db'), rowsIn('live-2.db')]).toEqual([
    { n: 2, first: 1 },
    { n: 4_999, first: 2 },
  ]);
});

test('a CSV file becomes a table, and one that is none leaves nothing', async () => {
  await writeFile(path.join(root, 'Planets 1.csv'), 'name,"note, long"\nMars,"red ""planet"""\nVenus,"a\nb"\n');
  expect(await json('db', 'import', 'Planets 1.csv', '--table', 'planet')).toMatchObject({ database: 'planets-1' });
  const [read] = await json<{ columns: string[]; rows: string[][] }[]>(
    'db',
    'shell',
    'planets-1',
    'SELECT * FROM planet',
  );
  expect(read?.columns).toEqual(['name', 'note, long']);
  expect(read?.rows).toEqual([
    ['Mars', 'red "planet"'],
    ['Venus', 'a\nb'],
  ]);
  await writeFile(path.join(root, 'odd.csv'), 'a,b\n1,2\n3\n');
  expect(await skerry(['db', 'import', 'odd.csv'])).toMatchObject({
    err: expect.stringContaining('line 3'),
    exitCode: 2,
  });
  expect((await skerry(['db', 'show', 'odd'])).exitCode).toBe(6);
});

test('groups, their locations and their tokens', async () => {
  expect(await json('group', 'create', 'edge', '--location', 'local')).toMatchObject({
    name: 'edge',
    primary: 'local',
  });
  expect(await json('group', 'locations', 'add', 'edge', 'aws-eu-west-1')).toMatchObject({
    locations: ['local', 'aws-eu-west-1'],
  });
  expect((await skerry(['group', 'locations', 'list', 'edge'])).out).toMatch(
    /local +primary +up\naws-eu-west-1 +replica +up\n/,
  );
  expect(await json('group', 'locations', 'remove', 'edge', 'aws-eu-west-1')).toMatchObject({ locations: ['local'] });
  const { jwt } = await json<{ jwt: string }>('group', 'tokens', 'create', 'edge', '--read-only', '--expiration', '1h');
  expect(jwt.split('.')).toHaveLength(3);
  expect(await json('group', 'destroy', 'edge', '--yes')).toMatchObject({ name: 'edge' });
});

test('organizations are made, hold databases of their own, and go', async () => {
  expect(await json('org', 'create', 'team')).toMatchObject({ slug: 'team', type: 'team' });
  expect((await skerry(['org', 'members', 'list', '--org', 'team'])).out).toContain('skerry');
  expect(await json('db', 'create', 'own', '--org', 'team')).toMatchObject({ Name: 'own' });
  await json(
    'db',
    'shell',
    'own',
    'CREATE TABLE t (a); INSERT INTO t VALUES (1), (2); SELECT * FROM t',
    '--org',
    'team',
  );
  const usage = await json<{ total: Record<string, number> }>('db', 'usage', 'own', '--org', 'team');
  expect(usage.total['storage_bytes']).toBeGreaterThan(0);
  expect((await skerry(['db', 'usage', 'own', '--org', 'team'])).out).toContain('Rows written:');
  expect((await skerry(['org', 'destroy', 'team', '--yes'])).exitCode).toBe(6);
  await json('db', 'destroy', 'own', '--yes', '--org', 'team');
  expect(await json('org', 'destroy', 'team', '--yes')).toEqual({ organization: 'team' });
});

test('login keeps a connection, whoami tells it, logout forgets it', async () => {
  const config = { SKERRY_CONFIG_DIR: path.join(root, 'config') };
  expect((await skerry(['auth', 'login'], '', config)).exitCode).toBe(0);
  const bare = { ...config, SKERRY_URL: '', SKERRY_API_TOKEN_FILE: '' };
  expect((await skerry(['auth', 'whoami'], '', bare)).out).toContain(`skerry at ${server.url}, by the token of`);
  expect((await skerry(['auth', 'logout'], '', bare)).exitCode).toBe(0);
  expect((await skerry(['auth', 'whoami'], '', bare)).err).toContain('There is no API token');
});

test('login with a password keeps a token of its own, and a wrong password keeps nothing', async () => {
  const { link } = await json<{ link: string }>('user', 'add', 'ada');
  const password = 'correct horse battery';
  const opened = await fetch(`${server.url}/v1/auth/link`, {
    method: 'POST',
    body: JSON.stringify({ code: link.split('code=')[1], password }),
  });
  expect(opened.status).toBe(200);
  const config = { SKERRY_CONFIG_DIR: path.join(root, 'password'), SKERRY_API_TOKEN_FILE: '' };
  const login = async (typed: string) => await skerry(['auth', 'login', '--user', 'ada'], `${typed}\n`, config);
  expect(await login('wrong')).toMatchObject({ err: expect.stringContaining('(sign_in_failed)'), exitCode: 6 });
  expect((await skerry(['auth', 'whoami'], '', config)).exitCode).not.toBe(0);
  expect(await login(password)).toMatchObject({ out: expect.stringContaining('You are ada at '), exitCode: 0 });
  expect((await skerry(['auth', 'whoami'], '', config)).out).toContain('ada at');
  expect(await readFile(path.join(root, 'password/login.json'), 'utf8')).not.toContain(password);
});

test('auth login with the browser: a person lets the command in on a page of the server, and it is signed in', async () => {
  const config = { SKERRY_CONFIG_DIR: path.join(root, 'by-browser'), SKERRY_API_TOKEN_FILE: '' };
  const child = spawn(process.execPath, [PROGRAM, 'auth', 'login', '--browser'], {
    cwd: root,
    env: { HOME: root, PATH: process.env['PATH'], SKERRY_URL: server.url, ...config },
  });
  const closed = once(child, 'close');
  let told = '';
  const page = await new Promise<URL>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      told += chunk;
      const found = /^ {2}(http\S+)\n/m.exec(told)?.[1];
      if (found !== undefined) {
        resolve(new URL(found));
      }
    });
  });
  const { port, state } = Object.fromEntries(page.searchParams);
  expect(await (await fetch(page)).text()).toContain('asks for an API token');
  // Somebody else on this machine who finds the port, but does not know the state.
  expect((await fetch(`http://127.0.0.1:${port}/?jwt=theirs&state=guessed`)).status).toBe(404);
  const allowed = await fetch(`${page.origin}/auth/cli`, {
    method: 'POST',
    headers: { origin: page.origin },
    body: new URLSearchParams({ port: port ?? '', state: state ?? '', token: server.apiToken }),
    redirect: 'manual',
  });
  const back = new URL(allowed.headers.get('location') ?? '');
  expect([back.hostname, back.port]).toEqual(['localhost', port]);
  back.hostname = '127.0.0.1';
  expect(await (await fetch(back)).text()).toContain('You are signed in');
  expect((await closed)[0]).toBe(0);
  expect((await skerry(['auth', 'whoami'], '', config)).out).toContain(`skerry at ${server.url}`);
});

test('API tokens are minted, work, and end when revoked', async () => {
  const { token } = await json<{ token: string }>('auth', 'api-tokens', 'mint', 'ci');
  const withToken = { SKERRY_API_TOKEN_FILE: '', SKERRY_API_TOKEN: token };
  expect((await skerry(['org', 'list'], '', withToken)).exitCode).toBe(0);
  expect((await skerry(['auth', 'api-tokens', 'list'])).out).toContain('ci ');
  expect(await json('auth', 'api-tokens', 'revoke', 'ci')).toEqual({ token: 'ci' });
  expect(await skerry(['org', 'list'], '', withToken)).toMatchObject({
    err: expect.stringContaining('(token_invalid)'),
    exitCode: 6,
  });
});

interface Finding {
  readonly check: string;
  readonly result: string;
  readonly detail: string;
}

test('doctor finds a sound server sound, and tells what to do when none answers', async () => {
  const sound = await json<Finding[]>('doctor');
  expect(sound.filter(({ result }) => result === 'failed')).toEqual([]);
  expect(sound.map(({ check }) => check)).toEqual(
    ['token', 'server', 'clock', 'access', 'addresses'].concat(['port', 'names', 'disk', 'store']),
  );
  // Of this server, and not the usual one, which somebody else may have.
  const portOf = (findings: readonly Finding[]) => findings.find(({ check }) => check === 'port');
  expect(portOf(sound)?.detail).toBe(`${new URL(server.url).host} is where the server answers`);
  const elsewhere = createServer().listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  const { port } = elsewhere.address() as AddressInfo;
  const other = await skerry(['doctor', '--listen', `127.0.0.1:${port}`, '--json']);
  expect([portOf(JSON.parse(other.out) as Finding[])?.result, other.exitCode]).toEqual(['failed', 1]);
  elsewhere.close();
  const nowhere = { SKERRY_URL: 'http://127.0.0.1:9' };
  expect(await skerry(['doctor'], '', nowhere)).toMatchObject({
    out: expect.stringMatching(
      /FAIL {2}server: nothing answers at http:\/\/127\.0\.0\.1:9; start it with "skerry start"/,
    ),
    exitCode: 1,
  });
  expect(await skerry(['db', 'list'], '', nowhere)).toMatchObject({
    err: expect.stringContaining('Next: start a server with "skerry start"'),
    exitCode: 7,
  });
});

test('user add answers a link whose code opens the account once, and user remove ends it', async () => {
  const { link } = await json<{ link: string }>('user', 'add', 'grace');
  const open = async () => {
    const body = JSON.stringify({ code: link.split('#code=')[1], password: 'correct horse battery' });
    return (await fetch(`${server.url}/v1/auth/link`, { method: 'POST', body })).status;
  };
  expect(await open()).toBe(200);
  expect(await open()).toBe(404);
  const accounts = await json('user', 'list');
  expect(accounts).toContainEqual(expect.objectContaining({ username: 'grace', has_password: true, operator: false }));
  expect(accounts).toContainEqual(expect.objectContaining({ operator: true }));
  expect((await skerry(['user', 'remove', 'grace'])).err).toContain('--yes');
  expect(await json('user', 'remove', 'grace', '--yes')).toEqual({ account: 'grace' });
});

test('db undelete brings back what db deleted lists', async () => {
  await json('db', 'create', 'mistake');
  await json('db', 'destroy', 'mistake', '--yes');
  const [gone] = await json<{ DbId: string; Name: string }[]>('db', 'deleted');
  expect(gone?.Name).toBe('mistake');
  expect((await json<{ Name: string }>('db', 'undelete', gone?.DbId ?? '')).Name).toBe('mistake');
  expect(await json('db', 'deleted')).not.toContainEqual(expect.objectContaining({ Name: 'mistake' }));
});
