import { expect, test } from 'vitest';

import { CLOSE, TestHost } from '../host/testing/test-host.ts';
import { TursoSync } from './testing/followers.ts';

const ROWS =
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) SELECT i, randomblob(500) FROM n';

test('a revision of another database is refused, and the copy stays as it was', async () => {
  await using host = new TestHost();
  const [one, other] = [await host.newDatabase(), await host.newDatabase()];
  await host.pipeline(one, ['CREATE TABLE t (a)', CLOSE]);
  await host.pipeline(other, ['CREATE TABLE u (a)', CLOSE]);
  const copy = new TursoSync(one);
  await copy.sync(host);
  const before = copy.image;
  const misled = new TursoSync(other);
  misled.revision = copy.revision;
  await expect(misled.sync(host)).rejects.toThrow('does not belong to this database');
  expect(misled.image).toHaveLength(0);
  await copy.sync(host);
  expect(copy.image.equals(before)).toBe(true);
});

test('only pages that changed are sent, and none when nothing did', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  await host.pipeline(database, ['CREATE TABLE t (a, b)', `INSERT INTO t ${ROWS}`, CLOSE]);
  const copy = new TursoSync(database);
  const all = await copy.pull(host);
  expect(all.length).toBeGreaterThan(25);
  expect(await copy.pull(host)).toEqual([]);
  await host.pipeline(database, ['UPDATE t SET a = 0 WHERE rowid = 1', CLOSE]);
  expect((await copy.pull(host)).length).toBeLessThan(4);
});

test('a revision that another host gave a moment ago is known', async () => {
  await using first = new TestHost();
  const database = await first.newDatabase();
  await first.pipeline(database, ['CREATE TABLE t (a, b)', CLOSE]);
  await using second = new TestHost({ dataDir: first.dataDir, hostId: 2 });
  const copy = new TursoSync(database);
  for (let round = 0; round < 10; round += 1) {
    const [writer, other] = round % 2 === 0 ? [first, second] : [second, first];
    await copy.sync(other);
    await writer.pipeline(database, [`INSERT INTO t ${ROWS}`, CLOSE]);
    expect((await copy.pull(writer)).length).toBeGreaterThan(25);
    expect(await copy.pull(other)).toEqual([]);
  }
});

test('pages as of a revision are what they were then, while a reader cuts checkpoints short', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  await host.pipeline(database, ['CREATE TABLE t (a, b)', `INSERT INTO t ${ROWS}`, CLOSE]);
  const copy = new TursoSync(database);
  const past = new Map<string, Buffer>();
  let reader: string | null = null;
  for (let round = 0; round < 12; round += 1) {
    if (round % 4 === 2) {
      ({ baton: reader } = await host.pipeline(database, ['BEGIN', 'SELECT count(*) FROM t']));
    }
    // More frames than a checkpoint waits for, and not the same pages each time.
    const update = `UPDATE t SET b = randomblob(500) WHERE rowid % 12 >= ${round}`;
    await host.pipeline(database, [...Array.from({ length: 40 }, () => update), CLOSE]);
    await copy.sync(host);
    past.set(copy.revision, copy.image);
    for (const [revision, image] of past) {
      const loaded = new TursoSync(database);
      await loaded.load(host, revision);
      expect(loaded.image.equals(image)).toBe(true);
    }
    if (reader !== null && round % 4 === 0) {
      await host.pipeline(database, ['COMMIT', CLOSE], reader);
      reader = null;
    }
  }
  expect(past.size).toBe(12);
});
