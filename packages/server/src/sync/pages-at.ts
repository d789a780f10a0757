/**
 * The pages of a database as they were at one frame of its log: the present one, or one a while ago.
 *
 * A page that has not changed since is read from the present state. One that has is in the log; or, if its older image was
 * never in what the log keeps, in the database file, as long as no checkpoint has written to that since.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { Base } from '../log/base.ts';
import { FramesGone } from '../log/frames-gone.ts';
import type { PageLog } from '../log/page-log.ts';
import type { Snapshot } from '../log/snapshot.ts';
import { busyIfChanged } from './generations.ts';

const AHEAD_PAGES = 64;

interface Past {
  readonly changedSince: ReadonlySet<number>;
  readonly frames: ReadonlyMap<number, number>;
  /** The database file, when it is not newer. */
  readonly base: Base | undefined;
}

export class PagesAt {
  readonly position: number;
  readonly pageCount: number;
  readonly #log: PageLog;
  readonly #snapshot: Snapshot;
  readonly #past: Past | undefined;
  /** Pages of the snapshot that were read together. */
  #ahead: { readonly first: number; readonly bytes: Buffer } = { first: 0, bytes: Buffer.alloc(0) };

  /**
   * @param position the present one when it is undefined; must be closed
   * @throws {SkerryError} COPY_TOO_OLD
   */
  constructor(log: PageLog, position?: number) {
    this.#log = log;
    this.#snapshot = log.snapshot();
    this.position = position ?? this.#snapshot.position;
    try {
      this.#past = this.position === this.#snapshot.position ? undefined : pastOf(log, this.position);
      // The size in pages is part of page 1 (file format, section 1.3.7).
      this.pageCount = this.#past === undefined ? this.#snapshot.pageCount : this.page(1).readUInt32BE(28);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** @param pageNo 1 to `pageCount` @throws {SkerryError} COPY_TOO_OLD, COPY_BUSY */
  page(pageNo: number): Buffer {
    const past = this.#past;
    if (past === undefined || !past.changedSince.has(pageNo)) {
      return this.#present(pageNo);
    }
    const frame = past.frames.get(pageNo);
    if (frame !== undefined) {
      return readFrame(this.#log, frame);
    }
    if (past.base === undefined) {
      throw new SkerryError('COPY_TOO_OLD');
    }
    const page = Buffer.alloc(this.#log.pageSizeBytes);
    try {
      past.base.read(page, (pageNo - 1) * page.length);
    } catch (error) {
      throw busyIfChanged(error);
    }
    return page;
  }

  /** Who asks for pages one after another gets them from one read. */
  #present(pageNo: number): Buffer {
    const { pageSizeBytes, pageCount } = this.#snapshot;
    const { first, bytes } = this.#ahead;
    const count = bytes.length / pageSizeBytes;
    if (pageNo >= first && pageNo < first + count) {
      const at = (pageNo - first) * pageSizeBytes;
      return bytes.subarray(at, at + pageSizeBytes);
    }
    const wanted = pageNo === first + count ? Math.min(AHEAD_PAGES, pageCount - pageNo + 1) : 1;
    this.#ahead = { first: pageNo, bytes: this.#snapshot.pages(pageNo, wanted) };
    return this.#ahead.bytes.subarray(0, pageSizeBytes);
  }

  /** Safe to call twice. */
  close(): void {
    this.#snapshot.close();
    this.#past?.base?.close();
  }
}

function pastOf(log: PageLog, position: number): Past {
  const changed = log.changedPages(position);
  if (changed === undefined) {
    throw new SkerryError('COPY_TOO_OLD');
  }
  const isBaseOlder = (log.generationStart(log.generation) ?? Infinity) - 1 <= position;
  return {
    changedSince: new Set(changed.keys()),
    frames: log.newestFrames(position),
    base: isBaseOlder ? log.openBase() : undefined,
  };
}

function readFrame(log: PageLog, frame: number): Buffer {
  try {
    return log.read(frame, 1).page(0);
  } catch (error) {
    throw error instanceof FramesGone ? new SkerryError('COPY_TOO_OLD', {}, { cause: error }) : error;
  }
}
