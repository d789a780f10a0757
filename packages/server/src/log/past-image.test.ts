/**
 * The past of a database: random work, checkpoints, dropped segments and ends without a goodbye; then images of any frame
 * that the log is complete for. `SKERRY_FUZZ_SEED` repeats a run.
 */
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';

import { expect, test } from 'vitest';

import { FramesGone } from './frames-gone.ts';
import type { PageLog } from './page-log.ts';
import {
  connect,
  Dice,
  digestOf,
  newDatabase,
  newFolder,
  openLog,
  PAST_RETENTION,
  pathsIn,
  prepareTables,
  randomWork,
  writerOf,
} from './testing.ts';

const SEED = Number(process.env['SKERRY_FUZZ_SEED']);
const STEPS = Number(process.env['SKERRY_PAST_STEPS'] ?? 400);

async function imageAt(log: PageLog, frame: number, folder: string): Promise<Buffer> {
  const target = path.join(folder, 'image.tmp');
  rmSync(target, { force: true });
  const fd = openSync(target, 'w');
  const image = log.imageAt(frame);
  try {
    await image.writeTo(fd);
  } finally {
    image.close();
    closeSync(fd);
  }
  return readFileSync(target);
}

test(`any frame that the log is complete for gives the database as it was then (${STEPS} steps, seed ${SEED})`, async () => {
  const dice = new Dice(SEED);
  const folder = newFolder();
  const { databasePath } = pathsIn(folder);
  // The log begins on a file that has something already.
  let db = new DatabaseSync(databasePath);
  db.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = WAL');
  prepareTables(db);
  for (let round = 0; round < 40; round += 1) {
    randomWork(db, dice);
  }
  db.close();
  db = connect(databasePath);
  let log = openLog(folder, PAST_RETENTION);
  prepareTables(db);
  let reader: DatabaseSync | undefined;
  let past: { frame: number; digest: string }[] = [{ frame: 0, digest: digestOf(readFileSync(databasePath)) }];
  const problems: string[] = [];
  let checked = 0;
  for (let step = 0; step < STEPS && problems.length === 0; step += 1) {
    const chance = dice.roll(100);
    if (chance < 8) {
      log.checkpoint(writerOf(db));
    } else if (chance < 10) {
      reader?.close();
      reader = dice.roll(2) === 0 ? connect(databasePath) : undefined;
      reader?.exec('BEGIN; SELECT count(*) FROM t');
    } else if (chance < 11) {
      reader?.close();
      reader = undefined;
      if (dice.roll(2) === 0) {
        log.prepareClose();
      }
      db.close();
      log.close();
      log = openLog(folder, PAST_RETENTION);
      db = connect(databasePath);
    } else {
      randomWork(db, dice);
    }
    log.poll();
    if (log.position > (past.at(-1)?.frame ?? 0)) {
      past.push({ frame: log.position, digest: digestOf(Buffer.from(db.serialize())) });
    }
    if (dice.roll(12) === 0) {
      past = past.filter(({ frame }) => frame >= log.completeFrom.frame);
      const wanted = past[dice.roll(past.length)];
      if (wanted !== undefined) {
        const found = digestOf(await imageAt(log, wanted.frame, folder));
        checked += 1;
        if (found !== wanted.digest) {
          problems.push(`step ${step}: frame ${wanted.frame} of ${log.completeFrom.frame} to ${log.position} differs`);
        }
      }
    }
  }
  reader?.close();
  db.close();
  log.close();
  expect(problems).toEqual([]);
  expect(checked).toBeGreaterThan(STEPS / 30);
  expect(log.completeFrom.frame).toBeGreaterThan(0);
});

test('a time leads to exactly what was acknowledged by then, also after the process ended without a goodbye', async () => {
  const { folder, db, log } = newDatabase();
  db.exec('CREATE TABLE t (a)');
  log.poll();
  const moments: { ms: number; rows: number }[] = [];
  for (let rows = 1; rows <= 20; rows += 1) {
    db.exec(`INSERT INTO t VALUES (${rows})`);
    log.committed();
    const ms = Date.now();
    moments.push({ ms, rows });
    if (rows === 10) {
      log.checkpoint(writerOf(db));
    }
    // The next commit gets another millisecond.
    while (Date.now() === ms) {
      // Nothing.
    }
  }
  db.close();
  log.close();
  const again = openLog(folder);
  for (const { ms, rows } of moments) {
    const frame = again.frameAt(ms) ?? -1;
    const image = await imageAt(again, frame, folder);
    const copy = new DatabaseSync(path.join(folder, 'image.tmp'));
    expect(copy.prepare('SELECT count(*) AS rows FROM t').get()).toEqual({ rows });
    expect(image.length).toBeGreaterThan(0);
    copy.close();
  }
  expect(again.frameAt(again.completeFrom.sinceMs - 1)).toBeUndefined();
  again.close();
});

test('a frame before what is kept, or yet to come, is refused', () => {
  const { db, log } = newDatabase({ maxBytes: 20_000, maxAgeMs: Infinity });
  db.exec('CREATE TABLE t (a)');
  for (let round = 0; round < 6; round += 1) {
    db.exec('INSERT INTO t VALUES (randomblob(20000))');
    log.checkpoint(writerOf(db));
  }
  expect(log.completeFrom.frame).toBeGreaterThan(0);
  expect(() => log.imageAt(log.completeFrom.frame - 1)).toThrow(FramesGone);
  expect(() => log.imageAt(log.position + 1)).toThrow(FramesGone);
  log.imageAt(log.completeFrom.frame).close();
});
