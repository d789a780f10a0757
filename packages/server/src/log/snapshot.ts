/**
 * A whole image of the database at one commit, read page by page while writers go on.
 *
 * A read transaction of its own keeps SQLite from starting the WAL over and from moving anything newer than the snapshot
 * into the database file. So a page is either in the WAL, or in the database file and untouched since.
 *
 * @module
 */
import type { BaseFile } from './base-file.ts';

export interface SnapshotParts {
  readonly position: number;
  readonly pageSizeBytes: number;
  /** Newest frame in the WAL of each page that is there. */
  readonly overlay: ReadonlyMap<number, number>;
  readonly fromWal: (frame: number) => Buffer;
  readonly base: BaseFile;
  readonly release: () => void;
}

export class Snapshot {
  /** Number of the last frame that the image contains. */
  readonly position: number;
  readonly pageSizeBytes: number;
  readonly pageCount: number;
  readonly #parts: SnapshotParts;
  #isOpen = true;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.position = parts.position;
    this.pageSizeBytes = parts.pageSizeBytes;
    // The size in pages is part of the database header (file format, section 1.3.7).
    this.pageCount = this.page(1).readUInt32BE(28);
  }

  /** @param pageNo 1 to `pageCount` */
  page(pageNo: number): Buffer {
    return this.pages(pageNo, 1);
  }

  /**
   * Consecutive pages, one after another; they must lie within `pageCount`.
   *
   * @param into large enough, and overwritten; who reads a whole image saves a new buffer for each part
   */
  pages(firstPageNo: number, count: number, into = Buffer.allocUnsafe(count * this.pageSizeBytes)): Buffer {
    if (!this.#isOpen) {
      throw new Error('the snapshot is closed');
    }
    const { base, overlay, fromWal } = this.#parts;
    const bytes = into.subarray(0, count * this.pageSizeBytes);
    base.read(bytes, (firstPageNo - 1) * this.pageSizeBytes);
    for (let index = 0; index < count; index += 1) {
      const frame = overlay.get(firstPageNo + index);
      if (frame !== undefined) {
        fromWal(frame).copy(bytes, index * this.pageSizeBytes);
      }
    }
    return bytes;
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#isOpen) {
      this.#isOpen = false;
      this.#parts.release();
    }
  }
}
