/**
 * The other process of the tests: works on the same database, with a log of its own.
 *
 * Arguments: folder, seed, and `alone` (works without end, telling what it has committed) or `asked` (does one step for
 * each line of its input: `work`, `checkpoint`, `reopen`).
 *
 * @module
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';

import { connect, Dice, openLog, pathsIn, prepareTables, randomWork } from './testing.ts';

const [folder = '', seed = '', mode] = process.argv.slice(2);
const dice = new Dice(Number(seed));
const { databasePath } = pathsIn(folder);
let db = connect(databasePath);
let log = openLog(folder);
prepareTables(db);

function tell(line: string): void {
  writeSync(1, `${line}\n`);
}

function checkpoint(): void {
  log.checkpoint({
    run(sql) {
      tell(`before ${sql}`);
      db.exec(sql);
      tell(`after ${sql}`);
    },
  });
}

function reopen(): void {
  if (dice.roll(2) === 0) {
    log.prepareClose();
  }
  db.close();
  log.close();
  db = connect(databasePath);
  log = openLog(folder);
  tell('reopened');
}

function work(): void {
  randomWork(db, dice);
  log.committed();
}

const steps = new Map([
  ['work', work],
  ['checkpoint', checkpoint],
  ['reopen', reopen],
]);

if (mode === 'asked') {
  tell('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    steps.get(line)?.();
    tell('done');
  }
  db.close();
  log.close();
} else {
  db.exec('CREATE TABLE IF NOT EXISTS committed (number INTEGER PRIMARY KEY)');
  for (;;) {
    const chance = dice.roll(20);
    if (chance < 2) {
      checkpoint();
    } else if (chance === 2) {
      reopen();
    } else {
      work();
      const { lastInsertRowid } = db.prepare('INSERT INTO committed DEFAULT VALUES').run();
      tell(`committed ${lastInsertRowid}`);
    }
  }
}
