/**
 * The database as it was before the present generation's first frame: what a checkpoint moved into the database file, and
 * what it had to leave out.
 *
 * A checkpoint moves the newest frame of each page. Is that one too new, because somebody reads an older state, then SQLite
 * leaves the page out altogether, also when an older frame of it could have been moved; and so it does with a page that the
 * newest state of the database no longer has. Such a page is in the WAL still, which does not start over before all of it is
 * in the database file.
 *
 * @module
 */
import type { BaseFile } from './base-file.ts';
import { WalChanged } from './wal-file.ts';
import type { WalNumbering } from './wal-numbering.ts';

export interface Base {
  readonly generation: number;
  readonly sizeBytes: number;
  /**
   * Fills the buffer with whole pages from a position on; bytes behind the end are zero.
   *
   * @throws {BaseChanged}
   */
  read(target: Buffer, position: number): void;
  /** Safe to call twice. */
  close(): void;
}

/** Another process has begun a checkpoint: what was read last may not be what it was. */
export class BaseChanged extends Error {
  override readonly name = 'BaseChanged';
}

/** Undefined while a checkpoint may be writing to the database file, or was cut off amid it. */
export function openBase(numbering: WalNumbering, file: BaseFile): Base | undefined {
  const { base, generation, generationStarts, logId } = numbering.state;
  if (base === null) {
    return undefined;
  }
  const { index, walBase, pageSizeBytes } = numbering;
  /** Frames of the WAL that belong to it. */
  const count = Math.max(0, (generationStarts.at(-1) ?? 1) - 1 - walBase);
  const leftOut = pagesLeftOut(numbering, count);
  const release = file.hold();
  return {
    generation,
    sizeBytes: count === 0 ? base.sizeBytes : index.sizeAfter(count - 1) * pageSizeBytes,
    read(target, position) {
      file.read(target, position);
      for (let at = 0; at < target.length; at += pageSizeBytes) {
        const frame = leftOut.get((position + at) / pageSizeBytes + 1);
        if (frame !== undefined) {
          readPage(numbering, frame).copy(target, at);
        }
      }
      const present = numbering.presentState();
      if (present.logId !== logId || present.generation !== generation || present.base === null) {
        throw new BaseChanged('another process has begun a checkpoint');
      }
    },
    close: release,
  };
}

function readPage(numbering: WalNumbering, frame: number): Buffer {
  try {
    return numbering.wal.read(frame, frame, numbering.presentHeader(), 0).page(0);
  } catch (error) {
    throw error instanceof WalChanged ? new BaseChanged(error.message, { cause: error }) : error;
  }
}

/**
 * Newest frame, among the first `count` of the WAL, of each page that a checkpoint may have left out: it has a newer frame
 * behind them, or is no longer part of a database that has become smaller since.
 */
function pagesLeftOut({ index }: WalNumbering, count: number): Map<number, number> {
  const newest = new Map<number, number>();
  for (let at = 0; at < count; at += 1) {
    newest.set(index.pageNo(at), at + 1);
  }
  const leftOut = new Map<number, number>();
  let smallestPages = Infinity;
  for (let at = count; at < index.count; at += 1) {
    const frame = newest.get(index.pageNo(at));
    if (frame !== undefined) {
      leftOut.set(index.pageNo(at), frame);
    }
    // Of frames amid a transaction it is 0.
    smallestPages = Math.min(smallestPages, index.sizeAfter(at) || Infinity);
  }
  for (const [pageNo, frame] of newest) {
    if (pageNo > smallestPages) {
      leftOut.set(pageNo, frame);
    }
  }
  return leftOut;
}
