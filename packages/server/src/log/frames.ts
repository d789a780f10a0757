/**
 * Consecutive frames in the shape they have in a `-wal` file: 24 bytes of header and a page, again and again. Of the
 * header only the first two numbers mean anything here: page number, and, on a frame that commits, the database's
 * size in pages. Salts and checksums belong to the file that the frames came from.
 *
 * @module
 */
import { FRAME_HEADER_BYTES } from './wal-format.ts';

export class Frames {
  /** Number of the first frame in the log. */
  readonly firstFrame: number;
  readonly count: number;
  readonly pageSizeBytes: number;
  /** `count` times header and page, without a gap. */
  readonly bytes: Buffer;

  constructor(firstFrame: number, pageSizeBytes: number, bytes: Buffer) {
    this.firstFrame = firstFrame;
    this.pageSizeBytes = pageSizeBytes;
    this.bytes = bytes;
    this.count = bytes.length / (FRAME_HEADER_BYTES + pageSizeBytes);
    if (!Number.isInteger(this.count)) {
      throw new Error(`${bytes.length} bytes are no whole number of frames of ${pageSizeBytes}-byte pages`);
    }
  }

  /** Number of the last frame; one less than the first when there are none. */
  get lastFrame(): number {
    return this.firstFrame + this.count - 1;
  }

  /** 1-based. */
  pageNo(index: number): number {
    return this.bytes.readUInt32BE(this.#start(index));
  }

  /** The database's size in pages on a frame that commits; 0 on any other. */
  sizeAfter(index: number): number {
    return this.bytes.readUInt32BE(this.#start(index) + 4);
  }

  /** The page image, a view. */
  page(index: number): Buffer {
    const start = this.#start(index) + FRAME_HEADER_BYTES;
    return this.bytes.subarray(start, start + this.pageSizeBytes);
  }

  #start(index: number): number {
    return index * (FRAME_HEADER_BYTES + this.pageSizeBytes);
  }
}
