/**
 * The database as of one frame of its log, written to a file: the newest image up to that frame of each page that the log
 * has, what origins.ts keeps of the others, and the rest from the database file, which nothing has changed since.
 *
 * @module
 */
import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';

import type { BaseFile } from './base-file.ts';
import { FramesGone } from './frames-gone.ts';
import type { Frames } from './frames.ts';
import type { WalNumbering } from './wal-numbering.ts';

/** What this needs of a page log. */
interface Log {
  readonly position: number;
  readonly lowestFrame: number;
  readonly pageSizeBytes: number;
  readonly generation: number;
  readonly completeFrom: { readonly frame: number };
  generationStart(generation: number): number | undefined;
  newestFrames(last: number): Map<number, number>;
  poll(): boolean;
  read(from: number, maxFrames: number): Frames;
}

export interface PastImageParts {
  readonly log: Log;
  readonly numbering: WalNumbering;
  readonly base: BaseFile;
  readonly databasePath: string;
}

/** 1 MB: other requests get a turn between two of them. */
const CHUNK_PAGES = 256;

export class PastImage {
  readonly frame: number;
  readonly #parts: PastImageParts;
  /** Keeps the WAL from starting over. */
  readonly #pin: DatabaseSync;
  readonly #release: () => void;
  readonly #checkpoint: string;

  /** @throws {FramesGone} when the log is not complete from so early on, or has not got there yet */
  constructor(parts: PastImageParts, frame: number) {
    const { log, numbering, base, databasePath } = parts;
    this.#parts = parts;
    this.frame = frame;
    this.#pin = new DatabaseSync(databasePath, { readOnly: true, timeout: 1_000 });
    this.#release = base.hold();
    try {
      this.#pin.exec('BEGIN; PRAGMA schema_version');
      numbering.adoptNewerState();
      log.poll();
      this.#checkpoint = checkpointOf(numbering);
      if (frame < log.completeFrom.frame || frame > log.position) {
        throw new FramesGone(`frame ${frame} lies outside ${log.completeFrom.frame} to ${log.position}`);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Writes every page; other work of the process goes on in between.
   *
   * @param fd a new, empty file
   * @returns its size in pages
   * @throws {FramesGone} when another process checkpointed meanwhile: try again
   */
  async writeTo(fd: number): Promise<number> {
    const { log, numbering, base } = this.#parts;
    const { pageSizeBytes } = log;
    const generationStart = log.generationStart(log.generation) ?? Infinity;
    // Is the database file older than the frame, then it has what no frame of the WAL has. Not what the frames before
    // the generation say: a checkpoint that a reader cut short skips pages which have a newer frame still.
    const isBaseOlder = numbering.state.base !== null && generationStart - 1 <= this.frame;
    const newest = log.newestFrames(this.frame);
    const origins = isBaseOlder ? new Map<number, () => Buffer>() : numbering.history.origins.readers();
    const pageCount = this.#page1(newest, origins).readUInt32BE(28);
    for (let first = 1; first <= pageCount; first += CHUNK_PAGES) {
      const bytes = Buffer.allocUnsafe(Math.min(CHUNK_PAGES, pageCount - first + 1) * pageSizeBytes);
      base.read(bytes, (first - 1) * pageSizeBytes);
      writeSync(fd, bytes, 0, bytes.length, (first - 1) * pageSizeBytes);
      await turn();
    }
    let done = 0;
    for (const [pageNo, read] of origins) {
      if (pageNo <= pageCount && !newest.has(pageNo)) {
        writeSync(fd, read(), 0, pageSizeBytes, (pageNo - 1) * pageSizeBytes);
        done += 1;
        if (done % CHUNK_PAGES === 0) {
          await turn();
        }
      }
    }
    for (let from = isBaseOlder ? numbering.walBase + 1 : log.lowestFrame; from <= this.frame;) {
      const frames = log.read(from, Math.min(CHUNK_PAGES, this.frame - from + 1));
      for (let at = 0; at < frames.count; at += 1) {
        const pageNo = frames.pageNo(at);
        if (newest.get(pageNo) === from + at && pageNo <= pageCount) {
          writeSync(fd, frames.page(at), 0, pageSizeBytes, (pageNo - 1) * pageSizeBytes);
        }
      }
      from += frames.count;
      await turn();
    }
    numbering.adoptNewerState();
    if (checkpointOf(numbering) !== this.#checkpoint) {
      throw new FramesGone('the database file changed while it was copied');
    }
    return pageCount;
  }

  /** Safe to call twice. */
  close(): void {
    this.#release();
    if (this.#pin.isOpen) {
      this.#pin.close();
    }
  }

  #page1(newest: ReadonlyMap<number, number>, origins: ReadonlyMap<number, () => Buffer>): Buffer {
    const { log, base } = this.#parts;
    const frame = newest.get(1);
    if (frame !== undefined && frame >= log.lowestFrame) {
      return log.read(frame, 1).page(0);
    }
    const origin = origins.get(1);
    if (origin !== undefined) {
      return origin();
    }
    const page = Buffer.alloc(log.pageSizeBytes);
    base.read(page, 0);
    return page;
  }
}

/** Differs when a checkpoint, here or elsewhere, was begun in between. */
function checkpointOf({ state }: WalNumbering): string {
  const { logId, sealedTo, generation, base, completeFrom } = state;
  return JSON.stringify([logId, sealedTo, generation, base, completeFrom]);
}
