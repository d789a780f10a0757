/**
 * Random work against the log, checked after every step. `SKERRY_FUZZ_STEPS` makes it longer, `SKERRY_FUZZ_SEED` repeats
 * a run whose seed the failure names.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import process from 'node:process';
import type { DatabaseSync } from 'node:sqlite';

import { expect, test } from 'vitest';

import type { PageLog } from './page-log.ts';
import { connect, Copy, Dice, newFolder, openLog, pathsIn, prepareTables, randomWork, writerOf } from './testing.ts';

const STEPS = Number(process.env['SKERRY_FUZZ_STEPS'] ?? 4_000);
const SEED = Number(process.env['SKERRY_FUZZ_SEED']);

/** Everything that is open on the database under test, and what the log has to agree with. */
class Fuzz {
  readonly dice: Dice;
  readonly folder = newFolder();
  db: DatabaseSync;
  other: DatabaseSync;
  log: PageLog;
  /** Follows the log step by step. */
  follower: Copy;
  /** Bases that were compared with what the database was. */
  bases = 0;
  /** Copies that are left behind and caught up later. */
  old: Copy[] = [];
  /** What the database was at frames that were looked at. */
  readonly #past = new Map<number, string>();
  #reader: DatabaseSync | undefined;

  constructor(seed: number) {
    this.dice = new Dice(seed);
    const { databasePath } = pathsIn(this.folder);
    this.db = connect(databasePath);
    this.other = connect(databasePath);
    this.log = openLog(this.folder);
    this.follower = Copy.ofSnapshot(this.log);
    prepareTables(this.db);
  }

  act(): void {
    const chance = this.dice.roll(100);
    if (chance < 4) {
      this.log.checkpoint(writerOf(this.dice.roll(2) === 0 ? this.db : this.other));
    } else if (chance < 6) {
      this.endReader();
      this.#reader = connect(pathsIn(this.folder).databasePath);
      this.#reader.exec('BEGIN; SELECT count(*) FROM t');
    } else if (chance < 10) {
      this.endReader();
    } else if (chance < 11) {
      this.reopen();
    } else if (chance < 13) {
      this.old.push(this.follower.clone(this.log.pageSizeBytes));
    } else {
      randomWork(chance < 40 ? this.other : this.db, this.dice);
      this.log.committed();
    }
  }

  /** What does not agree now. */
  problems(): string[] {
    const truth = Buffer.from(this.db.serialize());
    const { dice, log } = this;
    const images = new Map<string, Copy | undefined>();
    const problems: string[] = [];
    this.#past.set(log.position, digest(truth));
    this.follower.catchUp(log, 1 + dice.roll(40));
    images.set('the follower', this.follower);
    if (dice.roll(20) === 0) {
      const fromBase = Copy.ofBase(log);
      const before = fromBase === undefined ? undefined : this.#past.get(fromBase.position);
      if (fromBase !== undefined && before !== undefined) {
        this.bases += 1;
        problems.push(...(digest(fromBase.image) === before ? [] : ['the base differs']));
      }
      fromBase?.catchUp(log, 100);
      images.set('base and log', fromBase).set('a snapshot', Copy.ofSnapshot(log));
    }
    if (this.old.length > 5) {
      const [old] = this.old.splice(dice.roll(this.old.length), 1);
      if (dice.roll(2) === 0) {
        old?.takeChanges(log);
      } else {
        old?.catchUp(log, 1 + dice.roll(300));
      }
      images.set('an old copy', old);
    }
    const differing = [...images].filter(([, copy]) => copy?.image.equals(truth) !== true);
    return [...problems, ...differing.map(([name]) => `${name} differs`)];
  }

  endReader(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  /** As a host does, and every other time as one that is killed: the log then never hears of the end. */
  reopen(): void {
    this.endReader();
    if (this.dice.roll(2) === 0) {
      this.log.prepareClose();
    }
    this.close();
    const { databasePath } = pathsIn(this.folder);
    if (this.dice.roll(2) === 0) {
      this.log = openLog(this.folder);
      this.db = connect(databasePath);
    } else {
      this.db = connect(databasePath);
      this.log = openLog(this.folder);
    }
    this.other = connect(databasePath);
    this.db.exec('PRAGMA cache_size = 5');
  }

  close(): void {
    this.endReader();
    this.db.close();
    this.other.close();
    this.log.close();
  }
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test(
  `what the log gives is the database, byte for byte, after every of ${STEPS} random steps (seed ${SEED})`,
  () => {
    const fuzz = new Fuzz(SEED);
    const { id, generation } = fuzz.log;
    let problems: string[] = [];
    for (let step = 0; step < STEPS && problems.length === 0; step += 1) {
      const { position } = fuzz.log;
      fuzz.act();
      if (fuzz.dice.roll(3) === 0) {
        // Nobody asks for what was committed until later.
        continue;
      }
      fuzz.log.poll();
      problems = fuzz.problems().map((problem) => `step ${step}: ${problem}`);
      if (fuzz.log.id !== id || fuzz.log.position < position) {
        problems.push(`step ${step}: the log has lost its numbers`);
      }
    }
    expect(problems).toEqual([]);
    expect(fuzz.bases).toBeGreaterThan(STEPS / 200);
    expect(fuzz.log.generation - generation).toBeGreaterThan(STEPS / 100);
    fuzz.close();
  },
  180_000 + STEPS * 20,
);
