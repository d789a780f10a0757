import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect, test } from 'vitest';

import { CLOSE, rowsOf, TestHost } from '../host/testing/test-host.ts';
import type { InstanceRef } from '../relay/messages.ts';

const ROWS =
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) SELECT i, randomblob(500) FROM n';

async function addReplica(host: TestHost, primary: InstanceRef): Promise<InstanceRef> {
  const instance: InstanceRef = { ...primary, location: 'lhr', role: 'replica' };
  await host.done({ type: 'add_replica', instance, primary });
  return instance;
}

/** The content of a database file that nobody has open, without what a replica has for itself in page 1. */
function pagesOf(file: string): Buffer {
  const db = new DatabaseSync(file);
  const image = Buffer.from(db.serialize());
  db.close();
  for (const [from, to] of [
    [18, 20],
    [24, 28],
    [92, 96],
  ]) {
    image.fill(0, from, to);
  }
  return image;
}

function logId(host: TestHost, database: InstanceRef): unknown {
  const text = readFileSync(path.join(host.folder(database), 'log', 'state'), 'latin1');
  return /"logId":"([^"]+)"/.exec(text)?.[1];
}

test('a replica has what its primary has, as soon as a commit is acknowledged', async () => {
  await using host = new TestHost();
  const primary = await host.newDatabase();
  await host.pipeline(primary, ['CREATE TABLE t (a, b)', `INSERT INTO t ${ROWS}`, CLOSE]);
  const replica = await addReplica(host, primary);
  expect(await host.values(replica, 'SELECT count(*) FROM t')).toEqual(['200']);
  await host.pipeline(primary, ['DELETE FROM t WHERE a % 2 = 0', 'ALTER TABLE t ADD COLUMN c DEFAULT 7', CLOSE]);
  expect(await host.values(replica, 'SELECT count(c) FROM t')).toEqual(['100']);
});

test('the lag of a replica is what its next read applies', async () => {
  await using host = new TestHost();
  const primary = await host.newDatabase();
  await host.pipeline(primary, ['CREATE TABLE t (a, b)', CLOSE]);
  const replica = await addReplica(host, primary);
  const lag = async (): Promise<unknown> => (await host.done({ type: 'replica_lag', instance: replica })).lag;
  expect(await lag()).toEqual({ frames: 0, ms: 0 });
  await host.pipeline(primary, [`INSERT INTO t ${ROWS}`, CLOSE]);
  expect(await lag()).toMatchObject({ frames: expect.toSatisfy((frames: number) => frames > 20) });
  await host.values(replica, 'SELECT 1');
  expect(await lag()).toEqual({ frames: 0, ms: 0 });
});

test('a stream on a replica that writes does so on the primary, and reads its own writes from there', async () => {
  await using host = new TestHost();
  const primary = await host.newDatabase();
  await host.pipeline(primary, ['CREATE TABLE t (a)', CLOSE]);
  const replica = await addReplica(host, primary);
  const { results } = await host.pipeline(replica, [
    'SELECT count(*) FROM t',
    'BEGIN',
    'INSERT INTO t VALUES (1)',
    'SELECT count(*) FROM t',
    'COMMIT',
    CLOSE,
  ]);
  expect([rowsOf(results[0]), rowsOf(results[3])]).toEqual([[['0']], [['1']]]);
  expect(await host.values(primary, 'SELECT a FROM t')).toEqual(['1']);
});

test('after a kill -9 amid writes the replica has the pages of the primary, and the log its id', async () => {
  await using host = new TestHost();
  const primary = await host.newDatabase();
  await host.pipeline(primary, ['CREATE TABLE t (a, b)', CLOSE]);
  const replica = await addReplica(host, primary);
  const id = logId(host, primary);
  const writing = Array.from({ length: 40 }, async (_, round) => {
    const answers = await Promise.all([
      host.pipeline(primary, [`INSERT INTO t ${ROWS}`, CLOSE]),
      host.values(replica, 'SELECT count(*) FROM t'),
    ]);
    if (round === 15) {
      host.kill();
    }
    return answers;
  });
  await Promise.allSettled(writing);
  await host.ended;
  await using again = new TestHost({ dataDir: host.dataDir, hostId: 2 });
  const counts = [
    await again.values(primary, 'SELECT count(*) FROM t'),
    await again.values(replica, 'SELECT count(*) FROM t'),
  ];
  expect(counts[0]).toEqual(counts[1]);
  expect(Number(counts[0]?.[0])).toBeGreaterThanOrEqual(200);
  expect(await again.values(replica, 'PRAGMA integrity_check')).toEqual(['ok']);
  expect(logId(again, primary)).toBe(id);
  // Reads are right before the replica is: as long as it is behind, or being made anew, the primary answers them.
  while ((await again.done({ type: 'replica_lag', instance: replica })).lag?.frames !== 0) {
    await again.values(replica, 'SELECT count(*) FROM t');
  }
  again.kill();
  await again.ended;
  const folder = again.folder(primary);
  expect(pagesOf(path.join(folder, 'replica-lhr.db')).equals(pagesOf(path.join(folder, 'primary.db')))).toBe(true);
});

test('through two hosts that have a database open for a moment each read of its replica sees all that is acknowledged', async () => {
  await using first = new TestHost();
  const primary = await first.newDatabase();
  await first.pipeline(primary, ['CREATE TABLE t (a, b)', CLOSE]);
  const replica = await addReplica(first, primary);
  await using second = new TestHost({ dataDir: first.dataDir, hostId: 2 });
  for (let round = 1; round <= 30; round += 1) {
    const [writer, other] = round % 2 === 0 ? [first, second] : [second, first];
    await writer.pipeline(primary, [`INSERT INTO t ${ROWS}`, CLOSE]);
    const [here, there, check] = await Promise.all([
      writer.values(replica, 'SELECT count(*) FROM t'),
      other.values(replica, 'SELECT count(*) FROM t'),
      other.values(replica, 'PRAGMA integrity_check'),
    ]);
    expect([here[0], there[0]]).toEqual([`${round * 200}`, `${round * 200}`]);
    expect(check).toEqual(['ok']);
  }
});

test('while a slow reader keeps a replica as it was, others read what was acknowledged, and never go back', async () => {
  await using host = new TestHost();
  const primary = await host.newDatabase();
  await host.pipeline(primary, ['CREATE TABLE t (a, b)', `INSERT INTO t ${ROWS}`, CLOSE]);
  const replica = await addReplica(host, primary);
  // Its rows are more than a client takes at once, and this one takes none.
  const steps = [
    { stmt: { sql: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) SELECT b FROM t, n` } },
  ];
  const slow = host.open('/v3/cursor', JSON.stringify({ batch: { steps } }), { instance: replica });
  const begun = new Promise<void>((resolve) => {
    slow.handlers.onReply = () => resolve();
  });
  const { promise: taken, resolve: letGo } = Promise.withResolvers<void>();
  slow.handlers.onData = async () => await taken;
  await begun;
  const stream = await host.pipeline(replica, ['SELECT count(*) FROM t']);
  const seen = [rowsOf(stream.results[0])[0]?.[0]];
  let { baton } = stream;
  for (let round = 0; round < 3; round += 1) {
    await host.pipeline(primary, ['INSERT INTO t (a) VALUES (0)', CLOSE]);
    const next = await host.pipeline(replica, ['SELECT count(*) FROM t'], baton);
    seen.push(rowsOf(next.results[0])[0]?.[0], (await host.values(replica, 'SELECT count(*) FROM t'))[0]);
    ({ baton } = next);
  }
  expect(seen).toEqual(['200', '201', '201', '202', '202', '203', '203']);
  expect((await host.done({ type: 'replica_lag', instance: replica })).lag?.frames).toBeGreaterThan(0);
  slow.abort('enough');
  letGo();
});

test('a replica of an instance that was removed is gone, and can be added again', async () => {
  await using host = new TestHost();
  const primary = await host.newDatabase();
  await host.pipeline(primary, ['CREATE TABLE t (a)', CLOSE]);
  const replica = await addReplica(host, primary);
  await host.done({ type: 'remove_replica', instance: replica });
  await expect(host.values(replica, 'SELECT 1')).rejects.toThrow('deleted');
  await addReplica(host, primary);
  expect(await host.values(replica, 'SELECT count(*) FROM t')).toEqual(['0']);
});

test('a copy of a database is whole, and the original goes on', async () => {
  await using host = new TestHost();
  const source = await host.newDatabase();
  await host.pipeline(source, ['CREATE TABLE t (a, b)', `INSERT INTO t ${ROWS}`, CLOSE]);
  const target = await host.newDatabase();
  await host.done({ type: 'copy_database', source, target });
  await host.pipeline(source, ['DELETE FROM t', CLOSE]);
  expect(await host.values(target, 'SELECT count(*) FROM t')).toEqual(['200']);
  expect(await host.values(target, 'PRAGMA integrity_check')).toEqual(['ok']);
});
