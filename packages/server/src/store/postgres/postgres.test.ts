import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { sql } from 'kysely';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { StartupError } from '../../startup-error.ts';
import type { StoreChange } from '../coordination.ts';
import { claimDatabasesFolder } from '../databases-folder.ts';
import { openStore, type Store } from '../store.ts';
import { PostgresSchema, TEST_POSTGRES_URL } from '../testing/postgres-schema.ts';
import { isUniqueViolation } from '../violations.ts';

const dataDir = tmpdir();

let schema: PostgresSchema | undefined;
const opened: Store[] = [];

beforeEach(async () => {
  schema = TEST_POSTGRES_URL === undefined ? undefined : await PostgresSchema.create(TEST_POSTGRES_URL);
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map(async (store) => await store.close()));
  await schema?.drop();
});

async function open(): Promise<Store> {
  const store = await openStore({ dataDir, url: schema?.url });
  opened.push(store);
  return store;
}

async function failure(url: string): Promise<StartupError> {
  const error = await openStore({ dataDir, url }).catch((thrown: unknown) => thrown);
  if (!(error instanceof StartupError)) {
    throw new Error('it did not fail as it should', { cause: error });
  }
  return error;
}

function user(id: string, username = id) {
  return { id, username, name: 'Ada', email: '', created_at_ms: 1_795_000_000_123 };
}

async function thrown(work: Promise<unknown>): Promise<unknown> {
  return await work.catch((error: unknown) => error);
}

/** A user whose id is the number of users before. */
async function add({ db }: Store): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const rows = await transaction.selectFrom('users').select('id').execute();
    await transaction
      .insertInto('users')
      .values(user(`u${rows.length}`))
      .execute();
  });
}

// Skipped where TEST_POSTGRES_URL names no server to use.
describe.skipIf(TEST_POSTGRES_URL === undefined)('with a PostgreSQL server', () => {
  test('processes that start at once on a new store make its tables once, and all of them work', async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, open));
    await Promise.all(
      stores.map(
        async ({ db }, index) =>
          await db
            .insertInto('users')
            .values(user(`u${index}`))
            .execute(),
      ),
    );
    const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(
      stores[0]?.db ?? never(),
    );
    expect(rows).toHaveLength(1);
    expect(await stores[4]?.db.selectFrom('users').select('id').execute()).toHaveLength(5);
  });

  test('numbers and sums arrive as numbers, times to the millisecond', async () => {
    const { db } = await open();
    await db
      .insertInto('users')
      .values([user('a'), user('b')])
      .execute();
    const { sum, n } = await db
      .selectFrom('users')
      .select(({ fn }) => [fn.sum<number>('created_at_ms').as('sum'), fn.countAll<number>().as('n')])
      .executeTakeFirstOrThrow();
    const { at } = await db.selectFrom('users').select('created_at_ms as at').executeTakeFirstOrThrow();
    expect([sum, n, at]).toEqual([2 * 1_795_000_000_123, 2, 1_795_000_000_123]);
  });

  test('names have the order of their bytes, whatever the locale of the server', async () => {
    const { db } = await open();
    const names = ['a-b', 'ab', 'B', 'a_c', 'z', 'ä', 'a0'];
    await db
      .insertInto('users')
      .values(names.map((name) => user(name)))
      .execute();
    const rows = await db.selectFrom('users').select('username').orderBy('username').execute();
    expect(rows.map(({ username }) => username)).toEqual(['B', 'a-b', 'a0', 'a_c', 'ab', 'z', 'ä']);
  });

  test('a violated unique index is told apart from other errors', async () => {
    const { db } = await open();
    await db.insertInto('users').values(user('u')).execute();
    const second = await thrown(db.insertInto('users').values(user('v', 'u')).execute());
    const other = await thrown(sql`select nothing from nowhere`.execute(db));
    expect([isUniqueViolation(second), isUniqueViolation(other)]).toEqual([true, false]);
  });

  test('of two processes that look and then write, the second sees what the first wrote', async () => {
    const [first, second] = [await open(), await open()];
    await Promise.all(Array.from({ length: 20 }, async (_, index) => await add(index % 2 === 0 ? first : second)));
    const rows = await first.db.selectFrom('users').select('id').execute();
    expect(rows.map(({ id }) => id).sort()).toEqual(Array.from({ length: 20 }, (_, index) => `u${index}`).sort());
  });

  test('an exclusive lock waits for the shared ones, and goes before those that come after it', async () => {
    const [a, b] = [(await open()).coordination, (await open()).coordination];
    const order: string[] = [];
    const firstShared = await a.lock('g', 'shared');
    const secondShared = await b.lock('g', 'shared');
    const exclusive = b.lock('g', 'exclusive').then((release) => {
      order.push('exclusive');
      return release;
    });
    // Its turn is noted before anybody else asks: the lock "other" is taken on the same connection, after it.
    await (
      await b.lock('other', 'shared')
    )();
    const late = a.lock('g', 'shared').then((release) => {
      order.push('late');
      return release;
    });
    await firstShared();
    await secondShared();
    await (
      await exclusive
    )();
    await (
      await late
    )();
    expect(order).toEqual(['exclusive', 'late']);
  });

  test('a worker is dead when its process is gone, not before, and never for itself', async () => {
    const [a, b] = [await open(), await open()];
    const tidied: string[] = [];
    const tidy = async (name: string): Promise<boolean> =>
      await b.coordination.ifDead(name, async () => {
        tidied.push(name);
        await Promise.resolve();
      });
    expect([await tidy(a.coordination.workerId), await tidy(b.coordination.workerId)]).toEqual([false, false]);
    await opened.shift()?.close();
    expect(await tidy(a.coordination.workerId)).toBe(true);
    expect(await tidy('a worker that never was')).toBe(true);
    expect(tidied).toEqual([a.coordination.workerId, 'a worker that never was']);
  });

  test('a change is told to every process when it is committed, and never before', async () => {
    const [a, b] = [await open(), await open()];
    const heard: StoreChange[] = [];
    const last = Promise.withResolvers<void>();
    b.coordination.onChange((change) => {
      heard.push(change);
      if (change.kind === 'database' && change.id === 'last') {
        last.resolve();
      }
    });
    const key = { id: 'kid', public_key: 'p', private_key: 's' };
    const undone = a.db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('token_keys')
        .values({ ...key, owner_id: 'undone' })
        .execute();
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    await a.db
      .insertInto('token_keys')
      .values({ ...key, owner_id: 'd' })
      .execute();
    await a.db.updateTable('token_keys').set({ id: 'rotated' }).where('owner_id', '=', 'd').execute();
    await a.db
      .insertInto('token_keys')
      .values({ ...key, owner_id: 'last' })
      .execute();
    await last.promise;
    expect(heard.filter(({ kind }) => kind === 'database')).toEqual(
      ['d', 'd', 'last'].map((id) => ({ kind: 'database', id })),
    );
  });

  test('a lost connection is noticed, made again, and whatever was missed counts as changed', async () => {
    const { coordination } = await open();
    const again = Promise.withResolvers<boolean>();
    coordination.onChange((change) => change.kind === 'everything' && again.resolve(coordination.isInformed));
    const admin = new Client({ connectionString: schema?.url });
    await admin.connect();
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'skerry session' and pid in (select pid from pg_locks where locktype = 'advisory'
      and (classid::bigint << 32) + objid::bigint = hashtextextended(current_schema() || ' worker ' || '${coordination.workerId}', 0))`);
    await admin.end();
    expect(await again.promise).toBe(true);
    expect(coordination.isInformed).toBe(true);
  });

  test('a database that is not there is told as such', async () => {
    const url = new URL(TEST_POSTGRES_URL ?? '');
    url.pathname = '/no-such-database';
    expect((await failure(url.href)).message).toMatch(/the server has no such database\.$/);
  });

  test('records of a newer program are refused as such', async () => {
    const { db } = await open();
    await sql`update schema_version set version = 99, lowest_safe_version = 99`.execute(db);
    expect((await failure(schema?.url ?? '')).message).toMatch(/^This program is too old: .* version 99/);
  });
});

test('a store that nothing listens for is told with address and way out, without the password', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const error = await failure(`postgres://skerry:hunter2@127.0.0.1:${port}/records?password=hunter2`);
  expect(error.failure).toBe('store_unusable');
  expect(error.message).toBe(
    `The records cannot be kept in database "records" at 127.0.0.1:${port}: nothing listens there.`,
  );
  expect(error.nextStep).toMatch(/SKERRY_STORE/);
});

function never(): never {
  throw new Error('there is no store');
}

describe.skipIf(TEST_POSTGRES_URL === undefined)('embedded databases', () => {
  test('are served from the folder that was first used with the records, and from no other', async () => {
    const [mine, other] = [await mkdtemp(path.join(tmpdir(), 'mine-')), await mkdtemp(path.join(tmpdir(), 'other-'))];
    const store = await open();
    await claimDatabasesFolder(store, mine);
    await claimDatabasesFolder(store, mine);
    await expect(claimDatabasesFolder(store, other)).rejects.toThrow(`another data folder (first used as ${mine} on `);
    await Promise.all([mine, other].map(async (folder) => await rm(folder, { recursive: true })));
  });
});
