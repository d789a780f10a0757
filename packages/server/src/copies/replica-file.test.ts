import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect, onTestFinished, test } from 'vitest';

import type { PageLog } from '../log/page-log.ts';
import { Dice, newDatabase, prepareTables, randomWork, writerOf } from '../log/testing.ts';
import { ReplicaFile } from './replica-file.ts';

interface Setting {
  readonly db: DatabaseSync;
  readonly log: PageLog;
  readonly file: string;
  readonly replica: ReplicaFile;
  /** A connection to the replica, as of a stream. */
  readonly reader: DatabaseSync;
}

async function newReplica(retentionBytes = Infinity): Promise<Setting> {
  const { folder, db, log } = newDatabase({ maxBytes: retentionBytes, maxAgeMs: Infinity });
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); INSERT INTO t (a) VALUES (1)');
  const file = path.join(folder, 'replica-lhr.db');
  await ReplicaFile.make(file, log);
  const replica = new ReplicaFile(file);
  const reader = new DatabaseSync(file, { timeout: 0 });
  onTestFinished(() => {
    reader.close();
    replica.close();
  });
  return { db, log, file, replica, reader };
}

/** The pages, without what a replica has for itself in page 1. */
function pagesOf(db: DatabaseSync): Buffer {
  const image = Buffer.from(db.serialize());
  for (const [from, to] of [
    [18, 20],
    [24, 28],
    [92, 96],
  ]) {
    image.fill(0, from, to);
  }
  return image;
}

function count(reader: DatabaseSync): unknown {
  return reader.prepare('SELECT count(*) AS n FROM t').get()?.['n'];
}

test('a replica has what its primary had when it was made, and catches up with later commits', async () => {
  const { db, log, replica, reader } = await newReplica();
  expect([replica.catchUp(log), count(reader)]).toEqual(['current', 1]);
  db.exec('INSERT INTO t (a) VALUES (2), (3); CREATE TABLE u (x)');
  expect(replica.lag(log).frames).toBeGreaterThan(0);
  expect([replica.catchUp(log), count(reader)]).toEqual(['current', 3]);
  expect(reader.prepare('SELECT * FROM u').all()).toEqual([]);
  expect(replica.lag(log)).toEqual({ frames: 0, ms: 0 });
});

test('after any work of the primary the pages of a replica are the same, and old connections read them', async () => {
  const dice = new Dice(7);
  const { db, log, replica, reader } = await newReplica();
  prepareTables(db);
  const differing: number[] = [];
  for (let step = 0; step < 400; step += 1) {
    randomWork(db, dice);
    if (dice.roll(10) === 0) {
      log.checkpoint(writerOf(db));
    }
    if (dice.roll(3) === 0) {
      const freshness = replica.catchUp(log);
      if (freshness !== 'current' || !pagesOf(reader).equals(pagesOf(db)) || count(reader) !== count(db)) {
        differing.push(step);
      }
    }
  }
  expect(differing).toEqual([]);
});

test('a reader in a transaction delays the replica, and reads the same until it ends', async () => {
  const { db, log, replica, reader } = await newReplica();
  reader.exec('BEGIN');
  expect(count(reader)).toBe(1);
  db.exec('INSERT INTO t (a) VALUES (2)');
  expect([replica.catchUp(log), count(reader)]).toEqual(['delayed', 1]);
  reader.exec('COMMIT');
  expect([replica.catchUp(log), count(reader)]).toEqual(['current', 2]);
});

test('a replica that was cut in the middle of a commit is finished before it is read', async () => {
  const { db, log, file, replica, reader } = await newReplica();
  db.exec('INSERT INTO t (b) VALUES (randomblob(9000))');
  log.poll();
  // As a host leaves it that is killed after the first page.
  const state = openSync(`${file}.state`, 'r+');
  const before = JSON.parse(readFileSync(`${file}.state`, 'utf8')) as object;
  writeSync(state, JSON.stringify({ ...before, isApplying: true }).padEnd(256), 0);
  closeSync(state);
  const pages = openSync(file, 'r+');
  const frame = log.read(log.position - 1, 1);
  writeSync(pages, frame.page(0), 0, 4096, (frame.pageNo(0) - 1) * 4096);
  expect([replica.catchUp(log), count(reader)]).toEqual(['current', 2]);
  expect(pagesOf(reader).equals(pagesOf(db))).toBe(true);
  closeSync(pages);
});

test('a replica whose frames are not kept any more is lost, and made anew', async () => {
  const { db, log, file, replica, reader } = await newReplica(1);
  for (let round = 0; round < 3; round += 1) {
    db.exec('INSERT INTO t (b) VALUES (randomblob(9000))');
    log.checkpoint(writerOf(db));
    db.exec('INSERT INTO t (b) VALUES (1)');
  }
  log.poll();
  expect(replica.catchUp(log)).toBe('lost');
  await ReplicaFile.make(file, log);
  const anew = new ReplicaFile(file);
  const other = new DatabaseSync(file);
  expect([anew.catchUp(log), count(other), count(reader)]).toEqual(['current', 7, 1]);
  other.close();
  anew.close();
});

test('a replica is made while the primary is written to, and has a whole state of it', async () => {
  const { db, log, file } = await newReplica();
  db.exec(
    'INSERT INTO t (b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) SELECT randomblob(900) FROM n',
  );
  const making = ReplicaFile.make(`${file}2`, log);
  for (let round = 0; round < 20; round += 1) {
    db.exec('UPDATE t SET b = randomblob(900) WHERE id % 7 = 0');
    log.checkpoint(writerOf(db));
  }
  await making;
  const reader = new DatabaseSync(`${file}2`);
  expect(reader.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  const replica = new ReplicaFile(`${file}2`);
  expect(replica.catchUp(log)).toBe('current');
  expect(pagesOf(reader).equals(pagesOf(db))).toBe(true);
  reader.close();
  replica.close();
});
