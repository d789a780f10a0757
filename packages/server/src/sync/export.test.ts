/** `/export`: the base from which a copy of version 2 begins. */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect, onTestFinished, test } from 'vitest';

import { CLOSE, TestHost } from '../host/testing/test-host.ts';
import { get } from './testing/sync-host.ts';

test('while a reader holds an old state, a new copy begins with exactly that, pages that changed since included', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const update = 'UPDATE t SET b = randomblob(500)';
  const insert =
    'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) SELECT i, randomblob(500) FROM n';
  await host.pipeline(database, ['CREATE TABLE t (a, b)', insert, update, CLOSE]);
  // Reads in this process, as a backup program does.
  const reader = new DatabaseSync(path.join(host.folder(database), 'primary.db'), { readOnly: true });
  onTestFinished(() => reader.close());
  reader.exec('BEGIN; SELECT count(*) FROM t');
  const seen = Buffer.from(reader.serialize());
  const before = await currentGeneration(host, database);
  // Enough for checkpoints, which can only move what the reader sees, and of that no page that is newer in the WAL.
  await host.pipeline(database, [...Array.from({ length: 80 }, () => update), CLOSE]);
  const generation = await currentGeneration(host, database);
  expect(generation).toBeGreaterThan(before);
  const { status, body } = await get(host, database, `/export/${generation}`);
  expect([status, body.equals(seen)]).toEqual([200, true]);
});

async function currentGeneration(host: TestHost, database: Parameters<typeof get>[1]): Promise<number> {
  const { body } = await get(host, database, '/info');
  return (JSON.parse(body.toString()) as { current_generation: number }).current_generation;
}
