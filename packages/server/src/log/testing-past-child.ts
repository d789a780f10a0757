/**
 * The process that past-image.crash.test.ts kills: it commits without end, checkpoints, reopens and writes copies, and tells
 * after each commit what the database is.
 *
 * Arguments: folder, seed.
 *
 * @module
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

import {
  connect,
  Dice,
  digestOf,
  openLog,
  pathsIn,
  PAST_RETENTION,
  prepareTables,
  randomWork,
  writerOf,
} from './testing.ts';

const [folder = '', seed = ''] = process.argv.slice(2);
const dice = new Dice(Number(seed));
const { databasePath } = pathsIn(folder);
let db = connect(databasePath);
let log = openLog(folder, PAST_RETENTION);
prepareTables(db);
log.poll();

function commit(): void {
  randomWork(db, dice);
  log.poll();
  const ms = Date.now();
  writeSync(1, `${log.position} ${ms} ${digestOf(Buffer.from(db.serialize()))}\n`);
  // What comes next has another time.
  while (Date.now() === ms) {
    // Nothing.
  }
}

function reopen(): void {
  if (dice.roll(2) === 0) {
    log.prepareClose();
  }
  db.close();
  log.close();
  db = connect(databasePath);
  log = openLog(folder, PAST_RETENTION);
}

async function copy(): Promise<void> {
  const fd = openSync(path.join(folder, 'copy.tmp'), 'w');
  const { frame } = log.completeFrom;
  const image = log.imageAt(dice.roll(2) === 0 ? frame : log.position);
  await image.writeTo(fd);
  image.close();
  closeSync(fd);
}

for (;;) {
  const chance = dice.roll(20);
  if (chance < 3) {
    log.checkpoint(writerOf(db));
  } else if (chance < 4) {
    reopen();
  } else if (chance < 6) {
    await copy();
  } else {
    commit();
  }
}
