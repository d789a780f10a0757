/**
 * What applications do with a database, through unmodified clients and every form of its address.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createClient } from '@libsql/client';
import { connect } from '@tursodatabase/serverless';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/libsql';
import { migrate } from 'drizzle-orm/libsql/migrator';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  type Api,
  apiOf,
  createDatabase,
  disposable,
  httpClient,
  socketClient,
  type TestDatabase,
} from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

let server: Skerry;
let api: Api;
let database: TestDatabase;

beforeAll(async () => {
  server = await startSkerry();
  api = apiOf(server);
  database = await createDatabase(api, 'app');
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const author = sqliteTable('author', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull().unique(),
});

const MIGRATIONS = [
  'CREATE TABLE `author` (`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL, `name` text NOT NULL);',
  'CREATE UNIQUE INDEX `author_name_unique` ON `author` (`name`);',
];

test('drizzle migrates a schema, once, and reads, writes and rolls back in interactive transactions', async () => {
  const migrationsFolder = await writeMigrations();
  const { hostname, token } = await createDatabase(api, 'drizzle');
  const client = createClient({ url: `http://${hostname}`, authToken: token });
  const db = drizzle(client);
  await migrate(db, { migrationsFolder });
  await migrate(db, { migrationsFolder });
  await rm(migrationsFolder, { recursive: true });

  await db.transaction(async (transaction) => {
    const [row] = await transaction.insert(author).values({ name: 'Ada' }).returning();
    await transaction
      .update(author)
      .set({ name: 'Ada Lovelace' })
      .where(eq(author.id, row?.id ?? 0));
  });
  await expect(
    db.transaction(async (transaction) => {
      await transaction.insert(author).values({ name: 'Charles Babbage' });
      await transaction.insert(author).values({ name: 'Ada Lovelace' });
    }),
  ).rejects.toThrow(/Failed query/);
  expect(await db.select().from(author)).toEqual([{ id: 1, name: 'Ada Lovelace' }]);
  client.close();
});

test.each([
  ['HTTP', httpClient],
  ['WebSocket', socketClient],
])(
  'an interactive transaction over %s sees its own writes, and others see none of them before the commit',
  async (transport, open) => {
    using client = open(database);
    using other = open(database);
    const table = `ledger_${transport}`;
    await client.batch([`CREATE TABLE ${table} (amount INTEGER)`, `INSERT INTO ${table} VALUES (1)`], 'write');
    const total = async (target: Pick<typeof client, 'execute'>) =>
      (await target.execute(`SELECT sum(amount) FROM ${table}`)).rows[0]?.[0];
    const transaction = await client.transaction('write');
    await transaction.execute(`INSERT INTO ${table} VALUES (10)`);
    expect(await total(transaction)).toBe(11n);
    expect(await total(other)).toBe(1n);
    await transaction.commit();
    expect(await total(other)).toBe(11n);

    const undone = await client.transaction('write');
    await undone.execute(`DELETE FROM ${table}`);
    await undone.rollback();
    expect(await total(other)).toBe(11n);
  },
);

test('a failing batch changes nothing, and its error has the code of SQLite', async () => {
  using client = httpClient(database);
  await client.execute('CREATE TABLE once (id INTEGER PRIMARY KEY)');
  await expect(client.batch(['INSERT INTO once VALUES (1)', 'INSERT INTO once VALUES (1)'], 'write')).rejects.toThrow(
    /SQLITE_CONSTRAINT.*UNIQUE constraint failed: once.id/,
  );
  expect((await client.execute('SELECT count(*) FROM once')).rows[0]?.[0]).toBe(0n);
});

test('the serverless driver prepares, runs transactions and reads large integers exactly', async () => {
  const connection = connect({ url: `http://${database.hostname}`, authToken: database.token });
  connection.defaultSafeIntegers(true);
  await connection.exec(
    'CREATE TABLE measure (id INTEGER PRIMARY KEY, value INTEGER); CREATE INDEX i ON measure (value)',
  );
  const insertAll = connection.transactionAsync(async (transaction, values: readonly bigint[]) => {
    for (const value of values) {
      await transaction.run('INSERT INTO measure (value) VALUES (?)', [value]);
    }
  });
  await insertAll([2n ** 53n + 1n, -(2n ** 63n)]);
  const statement = await connection.prepare('SELECT value FROM measure ORDER BY id');
  expect(await statement.all()).toEqual([{ value: 2n ** 53n + 1n }, { value: -(2n ** 63n) }]);
  await connection.close();
});

test('a database answers by host name, by path with and without the closing slash, by header, and per instance', async () => {
  using client = httpClient(database);
  await client.batch(['CREATE TABLE place (name TEXT)', "INSERT INTO place VALUES ('here')"], 'write');
  const byPath = `${server.url}/db/skerry/${database.name}`;
  const libsqlUrls = [`http://${database.hostname}`, `${byPath}/`, `${byPath}@local/`];
  for (const url of libsqlUrls) {
    using connected = disposable(createClient({ url, authToken: database.token }));
    expect([url, (await connected.execute('SELECT name FROM place')).rows[0]?.[0]]).toEqual([url, 'here']);
  }
  for (const url of [`http://${database.hostname}`, byPath, `${byPath}@local`]) {
    const connection = connect({ url, authToken: database.token });
    expect([url, await connection.get('SELECT name FROM place')]).toEqual([url, { name: 'here' }]);
    await connection.close();
  }
  const byHeader = connect({
    url: server.url,
    authToken: database.token,
    requestHeaders: { 'x-namespace': `${database.name}-skerry` },
  });
  expect(await byHeader.get('SELECT name FROM place')).toEqual({ name: 'here' });
  await byHeader.close();
});

test('200 databases made one after another each answer at once', { timeout: 180_000 }, async () => {
  const { jwt } = await api.groups.createToken('default');
  const answers: unknown[] = [];
  for (let index = 0; index < 200; index += 1) {
    const { hostname } = await api.databases.create(`tenant-${index}`, { group: 'default' });
    using client = httpClient({ hostname, token: jwt });
    await client.batch(['CREATE TABLE t (n INTEGER)', { sql: 'INSERT INTO t VALUES (?)', args: [index] }], 'write');
    answers.push((await client.execute('SELECT n FROM t')).rows[0]?.[0]);
  }
  expect(answers).toEqual(Array.from({ length: 200 }, (_, index) => BigInt(index)));
  const names = (await api.databases.list()).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('tenant-'))).toHaveLength(200);
});

async function writeMigrations(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'skerry-migrations-'));
  await mkdir(path.join(folder, 'meta'));
  await writeFile(path.join(folder, '0000_initial.sql'), MIGRATIONS.join('--> statement-breakpoint\n'));
  const entry = { idx: 0, version: '6', when: 1_700_000_000_000, tag: '0000_initial', breakpoints: true };
  const journal = { version: '7', dialect: 'sqlite', entries: [entry] };
  await writeFile(path.join(folder, 'meta', '_journal.json'), JSON.stringify(journal));
  return folder;
}
