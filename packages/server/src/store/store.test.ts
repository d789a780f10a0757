import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Kysely, sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type Migration, StoreTooNewError, migrate } from './migrate.ts';
import { nodeSqliteDialect } from './node-sqlite-dialect.ts';
import { openStore } from './store.ts';
import { isUniqueViolation } from './violations.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'skerry-store-'));
});

afterEach(async () => {
  await rm(dataDir, { recursive: true });
});

function open(): Kysely<never> {
  return new Kysely<never>({ dialect: nodeSqliteDialect(path.join(dataDir, 'steps.db')) });
}

const first: Migration = {
  version: 1,
  lowestSafeVersion: 1,
  schema: async (db) => await sql`create table things (id integer primary key)`.execute(db).then(() => undefined),
};

const second: Migration = {
  version: 2,
  lowestSafeVersion: 2,
  schema: async (db) => await sql`alter table things add column name text`.execute(db).then(() => undefined),
  data: async (db) => await sql`update things set name = 'thing ' || id`.execute(db).then(() => undefined),
};

async function definition(db: Kysely<never>): Promise<unknown> {
  const { rows } = await sql`select name, sql from sqlite_schema order by name`.execute(db);
  return rows;
}

test('a store made at once and one migrated step by step are equal', async () => {
  await using fresh = new Kysely<never>({ dialect: nodeSqliteDialect(path.join(dataDir, 'fresh.db')) });
  await migrate(fresh, [first, second]);
  await using old = open();
  await migrate(old, [first]);
  await migrate(old, [first, second]);
  expect(await definition(old)).toEqual(await definition(fresh));
});

test('a step keeps the records and rewrites them', async () => {
  await using db = open();
  await migrate(db, [first]);
  await sql`insert into things (id) values (7)`.execute(db);
  await migrate(db, [first, second]);
  const { rows } = await sql`select id, name from things`.execute(db);
  expect(rows).toEqual([{ id: 7, name: 'thing 7' }]);
});

test('a step that fails leaves the store at the step before', async () => {
  await using db = open();
  await migrate(db, [first]);
  const before = await definition(db);
  const failing: Migration = {
    ...second,
    data: async () => await Promise.reject(new Error('no')),
  };
  await expect(migrate(db, [first, failing])).rejects.toThrow('no');
  expect(await definition(db)).toEqual(before);
});

test('a program older than the lowest safe version refuses the store', async () => {
  await using db = open();
  await migrate(db, [first, second]);
  await expect(migrate(db, [first])).rejects.toThrow(StoreTooNewError);
});

test('a program that is old but safe opens the store of a newer one', async () => {
  await using db = open();
  await migrate(db, [first, { ...second, lowestSafeVersion: 1 }]);
  await expect(migrate(db, [first])).resolves.toBeUndefined();
});

test('records survive closing and opening', async () => {
  const store = await openStore({ dataDir });
  await store.db
    .insertInto('users')
    .values({ id: 'u', username: 'ada', name: 'Ada', email: '', created_at_ms: 1_795_000_000_123 })
    .execute();
  await store.close();
  const again = await openStore({ dataDir });
  const user = await again.db.selectFrom('users').selectAll().executeTakeFirst();
  await again.close();
  expect(user).toEqual({
    id: 'u',
    username: 'ada',
    is_operator: 0,
    name: 'Ada',
    email: '',
    created_at_ms: 1_795_000_000_123,
  });
});

test('a transaction is all or nothing, and others wait for it', async () => {
  const store = await openStore({ dataDir });
  const insert = { username: 'ada', name: 'Ada', email: '', created_at_ms: 1 };
  const failed = store.db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('users')
      .values({ id: 'u', ...insert })
      .execute();
    throw new Error('changed my mind');
  });
  const count = store.db
    .selectFrom('users')
    .select(sql<number>`count(*)`.as('n'))
    .executeTakeFirstOrThrow();
  await expect(failed).rejects.toThrow('changed my mind');
  expect(await count).toEqual({ n: 0 });
  await store.close();
});

test('a violated unique index is told apart from other errors', async () => {
  const store = await openStore({ dataDir });
  const user = { username: 'ada', name: 'Ada', email: '', created_at_ms: 1 };
  await store.db
    .insertInto('users')
    .values({ id: 'u', ...user })
    .execute();
  const duplicate = await store.db
    .insertInto('users')
    .values({ id: 'v', ...user })
    .execute()
    .catch((error: unknown) => error);
  const other = await sql`select nothing from nowhere`.execute(store.db).catch((error: unknown) => error);
  await store.close();
  expect([isUniqueViolation(duplicate), isUniqueViolation(other)]).toEqual([true, false]);
});
