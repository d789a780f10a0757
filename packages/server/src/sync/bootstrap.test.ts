/**
 * Copies of databases of every size and in every state, for each protocol. `SKERRY_SYNC_MB` makes the large one larger.
 *
 * @module
 */
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, test } from 'vitest';

import { CLOSE, rowsOf, TestHost } from '../host/testing/test-host.ts';
import type { InstanceRef } from '../relay/messages.ts';
import type { Follower } from './testing/followers.ts';
import { TursoSync, Version1, Version2 } from './testing/followers.ts';

const MEGABYTES = Number(process.env['SKERRY_SYNC_MB'] ?? 24);

/** Statements that insert about so many megabytes. */
function insertMegabytes(count: number): string {
  return `INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${count * 250})
    SELECT NULL, randomblob(3900) FROM n`;
}

function imageOf(host: TestHost, database: InstanceRef): Buffer {
  // Read-only: it must not be the one that checkpoints when it closes.
  const db = new DatabaseSync(path.join(host.folder(database), 'primary.db'), { readOnly: true, timeout: 5_000 });
  const image = Buffer.from(db.serialize());
  db.close();
  return image;
}

/** Copies anew until a write was acknowledged amid it: a single copy may be over before any write is. */
async function amidWrites<T>(host: TestHost, database: InstanceRef, copy: () => Promise<T>): Promise<T> {
  for (;;) {
    const state = { copying: true };
    const copied = copy().finally(() => (state.copying = false));
    let written = 0;
    while (state.copying) {
      const { results } = await host.pipeline(database, [
        'UPDATE t SET a = 1 WHERE rowid = abs(random() % 2000)',
        CLOSE,
      ]);
      written += results[0]?.type === 'ok' && state.copying ? 1 : 0;
    }
    const made = await copied;
    if (written > 0) {
      return made;
    }
  }
}

describe.each(Object.entries({ Version1, Version2, TursoSync }))('%s', (_, Follower) => {
  test.each([
    ['an empty database', []],
    ['a database with one row', ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)']],
  ])('copies %s', async (_name, statements) => {
    await using host = new TestHost();
    const database = await host.newDatabase();
    await host.pipeline(database, [...statements, CLOSE]);
    const copy = new Follower(database);
    await copy.sync(host);
    expect(copy.image.equals(imageOf(host, database))).toBe(true);
  });

  test('copies what is committed while a transaction is open, and the transaction later', async () => {
    await using host = new TestHost();
    const database = await host.newDatabase();
    await host.pipeline(database, ['CREATE TABLE t (a, b)', 'INSERT INTO t VALUES (1, 2)', CLOSE]);
    const committed = imageOf(host, database);
    // More than SQLite's cache: uncommitted pages are in the WAL.
    const { baton, results } = await host.pipeline(database, ['BEGIN', insertMegabytes(16)]);
    expect(results.map(({ type }) => type)).toEqual(['ok', 'ok']);
    const copy = new Follower(database);
    await copy.sync(host);
    expect(copy.image.equals(committed)).toBe(true);
    await host.pipeline(database, ['COMMIT', CLOSE], baton);
    await copy.sync(host);
    expect(copy.image.equals(imageOf(host, database))).toBe(true);
    expect(copy.image.length).toBeGreaterThan(16_000_000);
  });

  test('takes over a transaction of 20 MB', async () => {
    await using host = new TestHost();
    const database = await host.newDatabase();
    await host.pipeline(database, ['CREATE TABLE t (a, b)', CLOSE]);
    const copy = new Follower(database);
    await copy.sync(host);
    await host.pipeline(database, [insertMegabytes(20), CLOSE]);
    await copy.sync(host);
    expect(copy.image.length).toBeGreaterThan(20_000_000);
    expect(copy.image.equals(imageOf(host, database))).toBe(true);
    expect(copy.restarts).toBe(0);
  });
});

test(
  `while ${MEGABYTES} MB are copied, by each protocol and for a replica, writes go on, and every copy is whole`,
  { timeout: 60_000 + MEGABYTES * 1_000 },
  async () => {
    await using host = new TestHost();
    const database = await host.newDatabase();
    await host.pipeline(database, ['CREATE TABLE t (a, b)', CLOSE]);
    for (let written = 0; written < MEGABYTES; written += 8) {
      await host.pipeline(database, [insertMegabytes(8), CLOSE]);
    }
    const copies: Follower[] = [];
    for (const Kind of [Version1, Version2, TursoSync]) {
      copies.push(
        await amidWrites(host, database, async () => {
          const copy = new Kind(database);
          await copy.sync(host);
          return copy;
        }),
      );
    }
    const replica: InstanceRef = { ...database, location: 'lhr', role: 'replica' };
    await amidWrites(host, database, async () => {
      await host.done({ type: 'remove_replica', instance: replica });
      await host.done({ type: 'add_replica', instance: replica, primary: database });
    });
    await Promise.all(copies.map((copy) => copy.sync(host)));
    const image = imageOf(host, database);
    expect(copies.map((copy) => copy.image.equals(image))).toEqual([true, true, true]);
    expect(await host.values(replica, 'PRAGMA integrity_check')).toEqual(['ok']);
    const sums = [database, replica].map(
      async (instance) => await host.pipeline(instance, ['SELECT count(*), sum(a) FROM t', CLOSE]),
    );
    const [here, there] = (await Promise.all(sums)).map(({ results }) => rowsOf(results[0]));
    expect(there).toEqual(here);
  },
);
