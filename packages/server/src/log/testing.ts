/**
 * What the tests of the page log share: a database with its log, a copy that is kept up to date from the log alone, and
 * random work.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { onTestFinished } from 'vitest';

import type { Writer } from './checkpoint.ts';
import { PageLog } from './page-log.ts';
import type { Retention } from './segment-store.ts';

const UNLIMITED: Retention = { maxBytes: Infinity, maxAgeMs: Infinity };
/** Small enough that segments are dropped again and again. */
export const PAST_RETENTION: Retention = { maxBytes: 200_000, maxAgeMs: Infinity };

/** A folder that goes when the test ends. */
export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function pathsIn(folder: string): { databasePath: string; folder: string } {
  return { databasePath: path.join(folder, 'primary.db'), folder: path.join(folder, 'log') };
}

export function connect(databasePath: string): DatabaseSync {
  const db = new DatabaseSync(databasePath, { timeout: 5_000 });
  db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL');
  return db;
}

export function openLog(folder: string, retention = UNLIMITED): PageLog {
  return new PageLog({ ...pathsIn(folder), retention });
}

export function writerOf(db: DatabaseSync): Writer {
  return { run: (sql) => db.exec(sql) };
}

/** A database with one connection and its log; `close` in the right order happens at the end of the test. */
export function newDatabase(retention?: Retention): { folder: string; db: DatabaseSync; log: PageLog } {
  const folder = newFolder();
  const db = connect(pathsIn(folder).databasePath);
  const log = openLog(folder, retention);
  onTestFinished(() => {
    if (db.isOpen) {
      db.close();
    }
    log.close();
  });
  return { folder, db, log };
}

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Making a copy durable writes page 1, which counts that (sync-path.ts). */
export function withoutCounter(image: Buffer): Buffer {
  image.fill(0, 24, 28);
  image.fill(0, 92, 96);
  return image;
}

/** A page-by-page copy of a database at one frame of its log. */
export class Copy {
  position: number;
  #pages: Buffer[];

  constructor(position: number, image: Buffer, pageSizeBytes: number) {
    this.position = position;
    this.#pages = [];
    for (let start = 0; start < image.length; start += pageSizeBytes) {
      this.#pages.push(image.subarray(start, start + pageSizeBytes));
    }
  }

  static ofBase(log: PageLog): Copy | undefined {
    const base = log.openBase();
    if (base === undefined) {
      return undefined;
    }
    const image = Buffer.alloc(base.sizeBytes);
    base.read(image, 0);
    base.close();
    return new Copy((log.generationStart(log.generation) ?? 0) - 1, image, log.pageSizeBytes);
  }

  static ofSnapshot(log: PageLog): Copy {
    const snapshot = log.snapshot();
    const pages = Array.from({ length: snapshot.pageCount }, (_, index) => snapshot.page(index + 1));
    snapshot.close();
    return new Copy(snapshot.position, Buffer.concat(pages), log.pageSizeBytes);
  }

  /** Applies everything that the log has more, in pieces. */
  catchUp(log: PageLog, maxFrames: number): void {
    while (this.position < log.position) {
      const frames = log.read(this.position + 1, maxFrames);
      for (let index = 0; index < frames.count; index += 1) {
        this.#pages[frames.pageNo(index) - 1] = Buffer.from(frames.page(index));
        const size = frames.sizeAfter(index);
        if (size > 0) {
          this.#pages.length = size;
        }
      }
      this.position = frames.lastFrame;
    }
  }

  /** Takes over the pages that changed, from a snapshot. */
  takeChanges(log: PageLog): boolean {
    const snapshot = log.snapshot();
    const changed = log.changedPages(this.position);
    for (const pageNo of changed?.keys() ?? []) {
      if (pageNo <= snapshot.pageCount) {
        this.#pages[pageNo - 1] = snapshot.page(pageNo);
      }
    }
    this.#pages.length = snapshot.pageCount;
    this.position = snapshot.position;
    snapshot.close();
    return changed !== undefined;
  }

  get image(): Buffer {
    return Buffer.concat(this.#pages);
  }

  clone(pageSizeBytes: number): Copy {
    return new Copy(this.position, this.image, pageSizeBytes);
  }
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 to `sides - 1`. */
  roll(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  }
}

export function prepareTables(db: DatabaseSync): void {
  db.exec('PRAGMA cache_size = 5; CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, a, b)');
  db.exec('CREATE INDEX IF NOT EXISTS t_a ON t (a)');
}

/** One random transaction. Small caches make larger ones spill uncommitted frames into the WAL. */
export function randomWork(db: DatabaseSync, dice: Dice): void {
  for (const statement of randomTransaction(dice)) {
    db.exec(statement);
  }
}

/** The statements of one random transaction, on the tables of `prepareTables`. */
export function randomTransaction(dice: Dice): string[] {
  const insert = (rows: number): string =>
    `INSERT INTO t (a, b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
     SELECT i * 7919 % 1000, randomblob(${dice.roll(600)}) FROM n`;
  switch (dice.roll(15)) {
    case 0:
    case 1:
    case 2:
      return [insert(1 + dice.roll(3))];
    case 3:
      return [insert(1 + dice.roll(150))];
    case 4:
      return [`UPDATE t SET b = randomblob(${dice.roll(900)}) WHERE id % 17 = ${dice.roll(17)}`];
    case 5:
    case 6:
      return [`DELETE FROM t WHERE id % 3 = ${dice.roll(3)}`];
    case 7:
      return ['BEGIN', insert(50 + dice.roll(400)), 'ROLLBACK'];
    case 8:
      return [
        'BEGIN',
        insert(1 + dice.roll(40)),
        'SAVEPOINT s',
        insert(20 + dice.roll(200)),
        'ROLLBACK TO s',
        'RELEASE s',
        dice.roll(3) === 0 ? 'ROLLBACK' : 'COMMIT',
      ];
    case 9:
      return [`CREATE TABLE IF NOT EXISTS x${dice.roll(6)} (a, b, c)`];
    case 10:
      return [`DROP TABLE IF EXISTS x${dice.roll(6)}`];
    case 11:
      return [dice.roll(8) === 0 ? 'VACUUM' : `PRAGMA user_version = ${dice.roll(1_000_000)}`];
    case 12:
      return ['DROP INDEX IF EXISTS t_a'];
    case 13:
      // As tools change what ALTER TABLE cannot.
      return [
        'BEGIN',
        'CREATE TABLE rebuilt (id INTEGER PRIMARY KEY, a, b)',
        'INSERT INTO rebuilt SELECT id, a, b FROM t',
        'DROP TABLE t',
        'ALTER TABLE rebuilt RENAME TO t',
        'COMMIT',
      ];
    default:
      return ['CREATE INDEX IF NOT EXISTS t_a ON t (a)'];
  }
}
