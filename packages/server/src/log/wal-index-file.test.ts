import { closeSync, openSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { expect, test } from 'vitest';

import { connect, Dice, newFolder, pathsIn, prepareTables, randomWork } from './testing.ts';
import { WalIndexFile } from './wal-index-file.ts';

test('the index file says what SQLite says, whatever was committed, rolled back and checkpointed', () => {
  const { databasePath } = pathsIn(newFolder());
  const db = connect(databasePath);
  const index = new WalIndexFile(databasePath);
  const asker = new DatabaseSync(databasePath, { readOnly: true });
  const dice = new Dice(5);
  prepareTables(db);
  const differing: unknown[] = [];
  const salts = new Set<number>();
  for (let step = 0; step < 300; step += 1) {
    randomWork(db, dice);
    if (dice.roll(8) === 0) {
      db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    }
    const { log, checkpointed } = asker.prepare('PRAGMA wal_checkpoint(NOOP)').get() ?? {};
    const view = index.read();
    salts.add(view?.header?.salt2 ?? 0);
    const pageSizeBytes = log === 0 ? undefined : 4096;
    if (view?.count !== log || view?.backfilled !== checkpointed || view?.header?.pageSizeBytes !== pageSizeBytes) {
      differing.push({ step, log, checkpointed, view });
    }
  }
  expect(differing).toEqual([]);
  expect(salts.size).toBeGreaterThan(5);
  asker.close();
  db.close();
  index.close();
});

test('an index whose two headers differ, or whose checksum is wrong, is not believed', () => {
  const { databasePath } = pathsIn(newFolder());
  const db = connect(databasePath);
  db.exec('CREATE TABLE t (a)');
  const index = new WalIndexFile(databasePath);
  const { count = 0 } = index.read() ?? {};
  expect(count).toBeGreaterThan(0);
  const file = openSync(`${databasePath}-shm`, 'r+');
  const frames = Buffer.from(Uint32Array.of(count + 1).buffer);
  // As a writer leaves it that dies between the two, and as no writer would.
  writeSync(file, frames, 0, 4, 48 + 16);
  expect(index.read()).toBeUndefined();
  writeSync(file, frames, 0, 4, 16);
  expect(index.read()).toBeUndefined();
  closeSync(file);
  db.close();
  index.close();
});
