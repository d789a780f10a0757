import { readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';

import { FramesGone } from './frames-gone.ts';
import type { PageLog } from './page-log.ts';
import { connect, Copy, newDatabase, openLog, pathsIn, writerOf } from './testing.ts';

const BIG_ROW = 'INSERT INTO t VALUES (randomblob(20000))';

function facts(log: PageLog): (string | number)[] {
  return [log.id, log.position, log.generation, log.lowestFrame];
}

test('a new log has no frames, and each commit adds those that it wrote', () => {
  const { db, log } = newDatabase();
  expect([log.position, log.lowestFrame]).toEqual([0, 1]);
  db.exec('CREATE TABLE t (a)');
  expect([log.poll(), log.poll()]).toEqual([true, false]);
  const frames = log.read(1, 100);
  expect(frames.count).toBe(log.position);
  expect(frames.sizeAfter(frames.count - 1)).toBe(2);
});

test('a transaction that is rolled back adds nothing, even when it spilled into the WAL', () => {
  const { db, log } = newDatabase();
  db.exec('CREATE TABLE t (a); PRAGMA cache_size = 2');
  log.poll();
  db.exec(`BEGIN; ${BIG_ROW}; ${BIG_ROW}; ${BIG_ROW}; ROLLBACK`);
  expect(log.poll()).toBe(false);
});

test('a checkpoint begins a generation: its base is the database so far, and older frames stay readable', () => {
  const { db, log } = newDatabase();
  const empty = Copy.ofSnapshot(log);
  db.exec('CREATE TABLE t (a)');
  const before = log.generation;
  expect(log.checkpoint(writerOf(db))).toBe(true);
  const sealed = Copy.ofBase(log);
  expect(sealed?.image.equals(db.serialize())).toBe(true);
  db.exec('INSERT INTO t VALUES (1)');
  log.poll();
  expect([log.generation, log.generationStart(log.generation)]).toEqual([before + 1, (sealed?.position ?? 0) + 1]);
  empty.catchUp(log, 1);
  expect(empty.image.equals(db.serialize())).toBe(true);
});

test('a checkpoint without new frames does nothing', () => {
  const { db, log } = newDatabase();
  db.exec('CREATE TABLE t (a)');
  expect([log.checkpoint(writerOf(db)), log.checkpoint(writerOf(db))]).toEqual([true, false]);
});

test('a checkpoint waits for whoever reads the base', () => {
  const { db, log } = newDatabase();
  db.exec('CREATE TABLE t (a)');
  log.checkpoint(writerOf(db));
  db.exec('INSERT INTO t VALUES (1)');
  const base = log.openBase();
  expect(log.checkpoint(writerOf(db))).toBe(false);
  base?.close();
  expect(log.checkpoint(writerOf(db))).toBe(true);
});

test('behind a reader the generation begins where the checkpoint had to stop', () => {
  const { folder, db, log } = newDatabase();
  db.exec('CREATE TABLE t (a)');
  log.poll();
  const { position } = log;
  const reader = connect(pathsIn(folder).databasePath);
  reader.exec('BEGIN; SELECT count(*) FROM t');
  db.exec(BIG_ROW);
  expect(log.checkpoint(writerOf(db))).toBe(true);
  expect(log.generationStart(log.generation)).toBe(position + 1);
  const copy = Copy.ofBase(log);
  copy?.catchUp(log, 100);
  expect(copy?.image.equals(db.serialize())).toBe(true);
  reader.close();
});

test('behind a reader the base is what the reader sees, also in pages that were written again since', () => {
  const { folder, db, log } = newDatabase();
  db.exec(`CREATE TABLE t (a); CREATE TABLE u (a); ${BIG_ROW}; INSERT INTO u VALUES (1)`);
  log.checkpoint(writerOf(db));
  db.exec('UPDATE u SET a = 2; UPDATE t SET a = randomblob(30000)');
  const reader = connect(pathsIn(folder).databasePath);
  reader.exec('BEGIN; SELECT count(*) FROM t');
  const seen = Buffer.from(reader.serialize());
  // Pages that a checkpoint leaves out, because they have newer frames than it may move.
  db.exec(`UPDATE u SET a = 3; ${BIG_ROW}`);
  expect(log.checkpoint(writerOf(db))).toBe(true);
  expect(Copy.ofBase(log)?.image.equals(seen)).toBe(true);
  db.exec('DELETE FROM t');
  log.poll();
  expect(Copy.ofBase(log)?.image.equals(seen)).toBe(true);
  reader.close();
});

test('behind a reader the base is what the reader sees, also in pages that the database no longer has', () => {
  const { folder, db, log } = newDatabase();
  db.exec(`CREATE TABLE t (a); ${BIG_ROW}`);
  log.checkpoint(writerOf(db));
  // Into pages that are new, and are gone again when the file becomes smaller.
  db.exec(`${BIG_ROW}; UPDATE t SET a = randomblob(30000)`);
  const reader = connect(pathsIn(folder).databasePath);
  reader.exec('BEGIN; SELECT count(*) FROM t');
  const seen = Buffer.from(reader.serialize());
  db.exec('DELETE FROM t; VACUUM');
  expect(log.checkpoint(writerOf(db))).toBe(true);
  expect(Copy.ofBase(log)?.image.equals(seen)).toBe(true);
  reader.close();
});

test('id, numbers and generation survive closing and opening, with frames in the WAL and without', () => {
  const { folder, db, log } = newDatabase();
  db.exec('CREATE TABLE t (a)');
  log.checkpoint(writerOf(db));
  db.exec(BIG_ROW);
  log.poll();
  const before = facts(log);
  db.close();
  log.close();
  expect(readdirSync(folder)).toContain('primary.db-wal');
  const again = connect(pathsIn(folder).databasePath);
  const reopened = openLog(folder);
  expect(facts(reopened)).toEqual(before);
  reopened.checkpoint(writerOf(again));
  const drained = facts(reopened);
  reopened.prepareClose();
  again.close();
  reopened.close();
  expect(readdirSync(folder)).not.toContain('primary.db-wal');
  const last = openLog(folder);
  expect(facts(last)).toEqual(drained);
  last.close();
});

test('a snapshot stays what it is while writers and checkpoints go on', () => {
  const { db, log } = newDatabase();
  db.exec(`CREATE TABLE t (a); ${BIG_ROW}`);
  log.checkpoint(writerOf(db));
  db.exec(BIG_ROW);
  const snapshot = log.snapshot();
  const truth = Buffer.from(db.serialize());
  for (let round = 0; round < 5; round += 1) {
    db.exec(`DELETE FROM t WHERE rowid = 1; ${BIG_ROW}`);
    log.checkpoint(writerOf(db));
  }
  const pages = Array.from({ length: snapshot.pageCount }, (_, index) => snapshot.page(index + 1));
  expect(Buffer.concat(pages).equals(truth)).toBe(true);
  snapshot.close();
});

test('a database that somebody else has checkpointed gets a log with another id and another generation', () => {
  const { folder, db, log } = newDatabase();
  db.exec('CREATE TABLE t (a)');
  log.checkpoint(writerOf(db));
  const { id, generation } = log;
  log.prepareClose();
  db.close();
  log.close();
  const stranger = connect(pathsIn(folder).databasePath);
  stranger.exec(BIG_ROW);
  stranger.close();
  const anew = openLog(folder);
  expect(anew.id).not.toBe(id);
  expect(anew.generation).not.toBe(generation);
  const copy = Copy.ofSnapshot(anew);
  const again = connect(pathsIn(folder).databasePath);
  expect(copy.image.equals(again.serialize())).toBe(true);
  again.close();
  anew.close();
});

test('a WAL that is gone, with frames that were not sealed, gives the log another id', () => {
  const { folder, db, log } = newDatabase();
  db.exec('CREATE TABLE t (a)');
  log.poll();
  const { id } = log;
  db.close();
  log.close();
  rmSync(path.join(folder, 'primary.db-wal'));
  const anew = openLog(folder);
  expect([anew.id === id, anew.position]).toEqual([false, 0]);
  anew.close();
});

test('a state that was cut while it was written leaves the one before', () => {
  const { folder, db, log } = newDatabase();
  db.exec('CREATE TABLE t (a)');
  log.checkpoint(writerOf(db));
  const { id, position } = log;
  log.prepareClose();
  db.close();
  log.close();
  const state = path.join(folder, 'log', 'state');
  writeFileSync(state, Buffer.alloc(600, 'x'), { flag: 'r+' });
  const again = openLog(folder);
  expect([again.id, again.position]).toEqual([id, position]);
  again.close();
});

test('retention drops the oldest segments; what asks for them is told, and changed pages are unknown', () => {
  const { db, log } = newDatabase({ maxBytes: 60_000, maxAgeMs: Infinity });
  db.exec('CREATE TABLE t (a)');
  for (let round = 0; round < 6; round += 1) {
    db.exec(BIG_ROW);
    log.checkpoint(writerOf(db));
  }
  expect(log.lowestFrame).toBeGreaterThan(1);
  expect(log.sealedBytes).toBeLessThanOrEqual(60_000);
  expect(() => log.read(1, 1)).toThrow(FramesGone);
  expect(log.changedPages(0)).toBeUndefined();
  expect(log.changedPages(log.position)?.size).toBe(0);
});

test('a damaged segment is noticed, not served', () => {
  const { folder, db, log } = newDatabase();
  db.exec(`CREATE TABLE t (a); ${BIG_ROW}`);
  log.checkpoint(writerOf(db));
  db.exec(BIG_ROW);
  log.poll();
  const segment = readdirSync(path.join(folder, 'log')).find((file) => file.endsWith('.seg')) ?? '';
  truncateSync(path.join(folder, 'log', segment), 5_000);
  expect(() => log.read(1, 1)).toThrow('damaged');
});

test('a time leads to the last frame committed by then, sealed or not', () => {
  const { db, log } = newDatabase();
  db.exec('CREATE TABLE t (a)');
  const beforeMs = Date.now() - 10_000;
  log.poll();
  log.checkpoint(writerOf(db));
  expect(log.frameAt(beforeMs)).toBeUndefined();
  expect(log.frameAt(Date.now())).toBe(log.position);
  expect(log.timeOf(log.position)).toBeGreaterThan(beforeMs);
});
