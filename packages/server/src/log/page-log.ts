/**
 * The page log of one database: every page image that a commit wrote, numbered from 1 without a gap.
 *
 * **The WAL is the log's newest part.** Following a commit means noting when it was made; the pages stay where
 * SQLite put them, and they and the headers of their frames are read when somebody asks. What a checkpoint would overwrite is first *sealed*: compressed
 * into a segment file. So the log costs a commit a few microseconds, whatever the size of the database.
 *
 * Number of frame k of the WAL: `walBase + k`. A number means something only together with the log's id.
 *
 * **Rules that the numbers rest on**
 * - Nothing but `checkpoint` moves frames into the database file, and only sealed ones. Every connection in every process
 *   has auto-checkpoint off, and the last one to close is this log's own, which is read-only: SQLite then leaves the WAL
 *   alone. Hence SQLite starts the WAL over only when all of it is sealed, and what follows is numbered `sealedTo + 1`.
 * - What is committed is what SQLite's index of the WAL says, not what the file seems to say.
 * - Several processes may write the database for a moment. Each follows the same file to the same numbers. Whoever
 *   checkpoints holds SQLite's write lock while it seals and while it changes the state file.
 *
 * **Generations.** A generation begins where a checkpoint got to. The database file is then the state before the
 * generation's first frame, but for pages that the checkpoint had to leave out (base.ts), until the next checkpoint. A log's first generation has a random number: some
 * clients know nothing else of a log, and must not take one database for another, or a log that had to start anew for the
 * one before.
 *
 * **What is a cache of what.** The in-memory index repeats the WAL's frame headers. Segments repeat frames that the database
 * file has too; losing them means that copies which are behind must start from a whole image. The state file repeats
 * nothing: without it, or when the WAL or the database file was changed by somebody else, the log starts anew under
 * another id rather than lie about what its numbers mean. The database itself needs none of these files.
 *
 * **What a crash can lose.** No acknowledged commit, and no number that was given out, as long as commits are durable
 * (`synchronous` full). With `normal`, a loss of power may take the latest commits, and with them their numbers; the log
 * notices when the WAL has become shorter than a state it has written, not otherwise.
 *
 * @module
 */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { BaseFile } from './base-file.ts';
import { openBase } from './base.ts';
import type { Base } from './base.ts';
import { checkpoint } from './checkpoint.ts';
import type { Writer } from './checkpoint.ts';
import { CommitTimes } from './commit-times.ts';
import type { FrameIndex } from './frame-index.ts';
import { FramesGone } from './frames-gone.ts';
import { Frames } from './frames.ts';
import { PastImage } from './past-image.ts';
import type { Retention } from './segment-store.ts';
import type { CommitTime } from './segment.ts';
import { Snapshot } from './snapshot.ts';
import { WalChanged } from './wal-file.ts';
import { sameSalts } from './wal-format.ts';
import { WalNumbering } from './wal-numbering.ts';
import type { WalEnd } from './wal-writer.ts';

export interface PageLogOptions {
  /** Absolute path of a database in WAL mode. */
  readonly databasePath: string;
  /** The log's own folder; made when the log begins. */
  readonly folder: string;
  readonly retention: Retention;
  /** When the log begins now: nothing of what the WAL has can be in the database file yet. */
  readonly isBaseIntact?: boolean | undefined;
}

const SNAPSHOT_TRIES = 1000;
/** The clock of files may be behind by so much; a commit that was not acknowledged must not seem older than it is. */
const FILE_CLOCK_MS = 10;

export class PageLog {
  readonly #options: PageLogOptions;
  readonly #numbering: WalNumbering;
  readonly #base: BaseFile;
  readonly #times: CommitTimes;

  /** There is a log: it must be open whenever the database is. */
  static isBegun(folder: string): boolean {
    return existsSync(path.join(folder, 'state'));
  }

  /** Goes on with the log, or begins it when there is none. @throws when the database cannot be read */
  constructor(options: PageLogOptions) {
    this.#options = options;
    this.#base = new BaseFile(options.databasePath);
    this.#numbering = new WalNumbering(options.databasePath, options.folder, options.isBaseIntact);
    this.#times = new CommitTimes(options.folder, this.id, this.#numbering.state.sealedTo);
    if (this.position > Math.max(this.#times.lastFrame, this.#numbering.state.sealedTo)) {
      // Committed by a process that ended before it could say when.
      this.#times.saw(this.position, this.#numbering.index.count, walModifiedMs(options.databasePath) + FILE_CLOCK_MS);
    }
  }

  /** UUID. It changes when the log has to start anew; every number is then another's. */
  get id(): string {
    return this.#numbering.state.logId;
  }

  /** Number of the last committed frame that `poll` has seen; 0 when there is none. */
  get position(): number {
    return this.#numbering.position;
  }

  /** Number of the lowest frame that can be read. */
  get lowestFrame(): number {
    return Math.min(this.#numbering.segments.lowestFrame ?? Infinity, this.#numbering.walBase + 1);
  }

  get pageSizeBytes(): number {
    return this.#numbering.pageSizeBytes;
  }

  get generation(): number {
    return this.#numbering.state.generation;
  }

  /** The generation that the log began with. */
  get firstGeneration(): number {
    return this.#numbering.state.firstGeneration;
  }

  /** Number of a generation's first frame; undefined when the generation is unknown, too old, or yet to come. */
  generationStart(generation: number): number | undefined {
    const { generationStarts, generation: present } = this.#numbering.state;
    return generationStarts[generationStarts.length - 1 - (present - generation)];
  }

  /** Frames that the WAL holds, sealed or not: what a checkpoint would make room for. */
  get walFrameCount(): number {
    return this.#numbering.index.count;
  }

  /** Bytes of the segments. */
  get sealedBytes(): number {
    return this.#numbering.segments.sizeBytes;
  }

  /** Where the WAL ends, for whoever appends to it; undefined when it has no frames. */
  walEnd(): WalEnd | undefined {
    const { wal, life, index } = this.#numbering;
    if (life === null || index.count === 0) {
      return undefined;
    }
    const checksum = wal.checksumBefore(index.count + 1, this.#numbering.presentHeader());
    return { salts: life, frameCount: index.count, checksum };
  }

  /** From now on a loss of power leaves the log its id and its numbers: before anybody is told of them. */
  keepDurably(): void {
    if (this.#numbering.state.isDurable !== true) {
      this.#numbering.write({ isDurable: true });
    }
  }

  /**
   * Says when a commit was made that is not acknowledged yet. What it wrote is looked at by the next `poll`, which may be
   * that of the next checkpoint: nothing takes frames out of the WAL without one.
   *
   * @returns frames that the WAL holds
   */
  committed(): number {
    const count = this.#numbering.glance();
    if (count === undefined) {
      this.poll();
      return this.walFrameCount;
    }
    this.#times.saw(this.#numbering.walBase + count, count);
    return count;
  }

  /** Looks for commits, whoever made them. True when there are new frames, or another id. */
  poll(): boolean {
    const { id, position } = this;
    this.#numbering.poll();
    if (id === this.id && position === this.position) {
      return false;
    }
    if (id !== this.id) {
      this.#times.forget(Infinity, this.id);
    }
    this.#times.saw(this.position, this.#numbering.index.count);
    return true;
  }

  /**
   * Frames from a number on: at least one and at most `maxFrames`, none when `from` is behind the last one. They need
   * not end with a commit; `position` always does.
   *
   * @throws {FramesGone} when retention has dropped the first of them
   */
  read(from: number, maxFrames: number): Frames {
    for (let tries = 0; ; tries += 1) {
      if (from > this.position) {
        return new Frames(from, this.pageSizeBytes, Buffer.alloc(0));
      }
      if (from <= this.#numbering.walBase) {
        return this.#readSealed(from, maxFrames);
      }
      try {
        const first = from - this.#numbering.walBase;
        const last = Math.min(first + maxFrames - 1, this.#numbering.index.count);
        return this.#numbering.wal.read(first, last, this.#numbering.presentHeader(), from);
      } catch (error) {
        if (!(error instanceof WalChanged) || tries > 0) {
          throw error;
        }
        // Started over by another process: what was asked for is sealed.
        this.poll();
      }
    }
  }

  /**
   * Which pages were written after frame `since`, each with the number of its newest frame; in order of page number.
   * Undefined when the log does not reach back so far.
   */
  changedPages(since: number): Map<number, number> | undefined {
    if (since < this.lowestFrame - 1) {
      return undefined;
    }
    const newest = new Map<number, number>();
    const add = (index: FrameIndex, before: number, last: number): void => {
      for (let number = Math.max(since, before) + 1; number <= last; number += 1) {
        newest.set(index.pageNo(number - before - 1), number);
      }
    };
    for (const segment of this.#numbering.segments.after(since)) {
      add(segment.index, segment.firstFrame - 1, Math.min(segment.lastFrame, this.#numbering.walBase));
    }
    add(this.#numbering.index, this.#numbering.walBase, this.position);
    return new Map([...newest].sort(([a], [b]) => a - b));
  }

  /** The newest frame, up to frame `last`, of each page that the log has one of. */
  newestFrames(last: number): Map<number, number> {
    const newest = new Map<number, number>();
    const { segments, index, walBase } = this.#numbering;
    for (const segment of segments.after(0)) {
      addNewest(newest, segment.index, segment.firstFrame, Math.min(segment.lastFrame, walBase, last));
    }
    addNewest(newest, index, walBase + 1, Math.min(this.position, last));
    return newest;
  }

  /** From when on the database can be had as it was. */
  get completeFrom(): { readonly frame: number; readonly sinceMs: number } {
    const { state, completeFrom } = this.#numbering;
    return { frame: completeFrom, sinceMs: state.completeSinceMs ?? Date.now() };
  }

  /**
   * Number of the last frame that was committed at a time: whatever was acknowledged by then is in it, and nothing that was
   * begun later. Undefined when the log is not complete from so early on.
   */
  frameAt(unixMs: number): number | undefined {
    this.poll();
    this.#times.reload(this.#numbering.state.sealedTo);
    const { frame, sinceMs } = this.completeFrom;
    const sealed = [...this.#numbering.segments.after(frame)].flatMap(({ times }) => times);
    const found = [...sealed, ...this.#times.list]
      .filter((time) => time.unixMs <= unixMs)
      .reduce((last, time) => Math.max(last, time.frame), -1);
    return found >= frame ? found : unixMs >= sinceMs ? frame : undefined;
  }

  /** When the commits behind one frame and up to another were made. */
  timesBetween(before: number, last: number): CommitTime[] {
    this.#times.reload(this.#numbering.state.sealedTo);
    const sealed = [...this.#numbering.segments.after(before)].flatMap(({ times }) => times);
    return [...sealed, ...this.#times.list].filter(({ frame }) => frame > before && frame <= last);
  }

  /** When a frame was committed (Unix ms); undefined when that is not known. */
  timeOf(frame: number): number | undefined {
    const sealed = this.#numbering.segments.find(frame)?.times ?? [];
    return [...sealed, ...this.#times.list].find((time) => time.frame >= frame)?.unixMs;
  }

  /**
   * Seals what is new and moves as much of the WAL into the database file as readers allow; a generation begins there.
   *
   * @param writer outside any transaction
   * @returns true when a generation began; false when there was nothing to do, somebody writes, or the base is being read
   */
  checkpoint(writer: Writer): boolean {
    this.poll();
    return !this.#base.isHeld && checkpoint(this.#numbering, this.#times, this.#base, this.#options, writer);
  }

  /**
   * The database as of the last commit, page by page, for as long as it takes; it must be closed. Meanwhile the WAL
   * cannot start over.
   */
  snapshot(): Snapshot {
    const pin = new DatabaseSync(this.#options.databasePath, { readOnly: true, timeout: 1_000 });
    try {
      for (let tries = 0; tries < SNAPSHOT_TRIES; tries += 1) {
        this.poll();
        pin.exec('BEGIN; PRAGMA schema_version');
        const numbering = this.#numbering;
        const { count, backfilled, header = null } = numbering.observe();
        // The same before and after: so that is where the transaction began.
        if (count === numbering.index.count && (count === 0 || sameSalts(header, numbering.life))) {
          return new Snapshot({
            position: this.position,
            pageSizeBytes: this.pageSizeBytes,
            // Is all of it in the database file, then the WAL may start over in spite of the transaction.
            overlay: backfilled < count ? newestFrames(numbering.index) : new Map(),
            fromWal: (frame) => numbering.wal.read(frame, frame, numbering.presentHeader(), 0).page(0),
            base: this.#base,
            release: () => pin.close(),
          });
        }
        pin.exec('COMMIT');
      }
      throw new Error('the write-ahead log does not stand still for a moment');
    } catch (error) {
      pin.close();
      throw error;
    }
  }

  /**
   * The database as it was before the generation's first frame. Checkpoints of this process wait until it is closed, so
   * close it soon. Undefined when a checkpoint was cut off by a crash: the next one mends that.
   */
  openBase(): Base | undefined {
    this.poll();
    return openBase(this.#numbering, this.#base);
  }

  /**
   * To be called before the database's last writing connection is closed: when nothing in the WAL is needed, SQLite may
   * remove it then. `close` follows in either case.
   */
  prepareClose(): void {
    this.poll();
    const { count, backfilled } = this.#numbering.observe();
    if (this.position !== this.#numbering.state.sealedTo || backfilled !== count) {
      return;
    }
    if (!this.#numbering.state.isDrained) {
      this.#numbering.write({ isDrained: true });
    }
    this.#numbering.closeKeeper();
  }

  /**
   * The database as of one frame, the last of a commit, from `completeFrom` on. Checkpoints of this process wait until it
   * is closed.
   */
  imageAt(frame: number): PastImage {
    return new PastImage(
      { log: this, numbering: this.#numbering, base: this.#base, databasePath: this.#options.databasePath },
      frame,
    );
  }

  /** After every other connection of this process to the database. Safe to call twice. */
  close(): void {
    this.#times.close();
    this.#numbering.close();
    this.#base.close();
  }

  #readSealed(from: number, maxFrames: number): Frames {
    const segment = this.#numbering.segments.find(from);
    if (segment === undefined) {
      throw new FramesGone(`frame ${from} is not kept any more; the lowest one is ${this.lowestFrame}`);
    }
    return segment.read(from, Math.min(maxFrames, this.#numbering.walBase - from + 1));
  }
}

function walModifiedMs(databasePath: string): number {
  return statSync(`${databasePath}-wal`, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
}

function addNewest(newest: Map<number, number>, index: FrameIndex, first: number, last: number): void {
  for (let number = first; number <= last; number += 1) {
    newest.set(index.pageNo(number - first), number);
  }
}

/** The newest frame of each page, counted from 1. */
function newestFrames(index: FrameIndex): Map<number, number> {
  const newest = new Map<number, number>();
  for (let at = 0; at < index.count; at += 1) {
    newest.set(index.pageNo(at), at + 1);
  }
  return newest;
}
