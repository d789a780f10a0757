/**
 * A segment: frames that have left the WAL, compressed, in a file that never changes.
 *
 * ```
 * "SKERRYL1"  log id (16)  first frame (u64)  frames (u32)  page size (u32)  commit times (u32)  CRC of the head (u32)
 * per frame: page number (u32), size after commit (u32)
 * per commit time: frame (u64), Unix ms (u64)
 * per block of 64 frames: bytes (u32)
 * the blocks: page images, zstd with its checksum
 * ```
 *
 * Numbers are big-endian. The CRC is over everything before the blocks, with its own field as zero.
 *
 * @module
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

import { FrameIndex } from './frame-index.ts';
import { Frames } from './frames.ts';
import { readUInt64, writeUInt64 } from './uint64.ts';
import { FRAME_HEADER_BYTES } from './wal-format.ts';

/** When a commit was seen. */
export interface CommitTime {
  readonly frame: number;
  readonly unixMs: number;
}

const MAGIC = 'SKERRYL1';
const FIXED_BYTES = 48;
const CRC_AT = 44;
export const BLOCK_FRAMES = 64;
const FRAME_ENTRY_BYTES = 8;
const TIME_BYTES = 16;
const BLOCK_ENTRY_BYTES = 4;
const COMPRESSION_LEVEL = 1;

export class SegmentDamaged extends Error {
  override readonly name = 'SegmentDamaged';
}

export function encodeSegment(logId: string, frames: Frames, times: readonly CommitTime[]): Buffer {
  const encoder = new SegmentEncoder(frames.pageSizeBytes);
  encoder.add(frames);
  return encoder.finish(logId, frames.firstFrame, times);
}

/** Makes a segment of frames that come in pieces: their pages are never in memory all at once. */
export class SegmentEncoder {
  readonly #pageSizeBytes: number;
  readonly #index = new FrameIndex();
  readonly #blocks: Buffer[] = [];
  /** Pages of the block that is not full yet. */
  readonly #pages: Buffer;

  constructor(pageSizeBytes: number) {
    this.#pageSizeBytes = pageSizeBytes;
    this.#pages = Buffer.allocUnsafe(BLOCK_FRAMES * pageSizeBytes);
  }

  /** The frames may be overwritten afterwards. */
  add(frames: Frames): void {
    for (let index = 0; index < frames.count; index += 1) {
      frames.page(index).copy(this.#pages, (this.#index.count % BLOCK_FRAMES) * this.#pageSizeBytes);
      this.#index.push(frames.pageNo(index), frames.sizeAfter(index));
      if (this.#index.count % BLOCK_FRAMES === 0) {
        this.#compress(BLOCK_FRAMES);
      }
    }
  }

  /** Only once. */
  finish(logId: string, firstFrame: number, times: readonly CommitTime[]): Buffer {
    const index = this.#index;
    if (index.count % BLOCK_FRAMES > 0) {
      this.#compress(index.count % BLOCK_FRAMES);
    }
    const head = Buffer.alloc(headBytes(index.count, times.length));
    head.write(MAGIC, 'latin1');
    head.write(logId.replaceAll('-', ''), 8, 'hex');
    writeUInt64(head, firstFrame, 24);
    head.writeUInt32BE(index.count, 32);
    head.writeUInt32BE(this.#pageSizeBytes, 36);
    head.writeUInt32BE(times.length, 40);
    let at = FIXED_BYTES;
    for (let frame = 0; frame < index.count; frame += 1) {
      head.writeUInt32BE(index.pageNo(frame), at);
      head.writeUInt32BE(index.sizeAfter(frame), at + 4);
      at += FRAME_ENTRY_BYTES;
    }
    for (const { frame, unixMs } of times) {
      writeUInt64(head, frame, at);
      writeUInt64(head, unixMs, at + 8);
      at += TIME_BYTES;
    }
    for (const block of this.#blocks) {
      at = head.writeUInt32BE(block.length, at);
    }
    head.writeUInt32BE(crc32(head), CRC_AT);
    return Buffer.concat([head, ...this.#blocks]);
  }

  #compress(pageCount: number): void {
    const params = { [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 };
    this.#blocks.push(zstdCompressSync(this.#pages.subarray(0, pageCount * this.#pageSizeBytes), { params }));
  }
}

/** One segment, its head read and verified; its pages are read when they are asked for. */
export class Segment {
  readonly firstFrame: number;
  readonly index = new FrameIndex();
  readonly times: readonly CommitTime[];
  readonly #path: string;
  readonly #pageSizeBytes: number;
  /** Where each block begins in the file, and where the last one ends. */
  readonly #blockStarts: number[];

  /** @throws {SegmentDamaged} when the file is not what was written */
  constructor(path: string, logId: string) {
    this.#path = path;
    const head = readHead(path);
    if (head.toString('hex', 8, 24) !== logId.replaceAll('-', '')) {
      throw new SegmentDamaged(`${path} belongs to another log`);
    }
    this.firstFrame = readUInt64(head, 24);
    this.#pageSizeBytes = head.readUInt32BE(36);
    const count = head.readUInt32BE(32);
    let at = FIXED_BYTES;
    for (let index = 0; index < count; index += 1) {
      this.index.push(head.readUInt32BE(at), head.readUInt32BE(at + 4));
      at += FRAME_ENTRY_BYTES;
    }
    const times: CommitTime[] = [];
    for (const end = at + head.readUInt32BE(40) * TIME_BYTES; at < end; at += TIME_BYTES) {
      times.push({
        frame: readUInt64(head, at),
        unixMs: readUInt64(head, at + 8),
      });
    }
    this.times = times;
    let start = head.length;
    this.#blockStarts = [start];
    for (; at < head.length; at += BLOCK_ENTRY_BYTES) {
      start += head.readUInt32BE(at);
      this.#blockStarts.push(start);
    }
  }

  get lastFrame(): number {
    return this.firstFrame + this.index.count - 1;
  }

  /** Frames from `from` on, at most `maxFrames` and at most to the end of a block; `from` lies in this segment. */
  read(from: number, maxFrames: number): Frames {
    const offset = from - this.firstFrame;
    const block = Math.floor(offset / BLOCK_FRAMES);
    const end = Math.min(offset + maxFrames, (block + 1) * BLOCK_FRAMES, this.index.count);
    const pages = this.#readBlock(block);
    const frameBytes = FRAME_HEADER_BYTES + this.#pageSizeBytes;
    const bytes = Buffer.alloc((end - offset) * frameBytes);
    for (let index = offset; index < end; index += 1) {
      const start = (index - offset) * frameBytes;
      bytes.writeUInt32BE(this.index.pageNo(index), start);
      bytes.writeUInt32BE(this.index.sizeAfter(index), start + 4);
      const page = (index % BLOCK_FRAMES) * this.#pageSizeBytes;
      pages.copy(bytes, start + FRAME_HEADER_BYTES, page, page + this.#pageSizeBytes);
    }
    return new Frames(from, this.#pageSizeBytes, bytes);
  }

  /**
   * Writes the pages of the frames `from` to `to`, which lie in this segment, to their places in a database file: as many
   * with one call as follow each other there.
   *
   * @returns the database's size in pages after the last commit among them; 0 without one
   */
  writePages(fd: number, from: number, to: number): number {
    const size = this.#pageSizeBytes;
    let pageCount = 0;
    for (let next = from - this.firstFrame; next <= to - this.firstFrame;) {
      const block = Math.floor(next / BLOCK_FRAMES);
      const first = block * BLOCK_FRAMES;
      const end = Math.min(to - this.firstFrame + 1, first + BLOCK_FRAMES);
      const pages = this.#readBlock(block);
      for (let run = next; run < end; run = next) {
        for (next += 1; next < end && this.index.pageNo(next) === this.index.pageNo(next - 1) + 1;) {
          next += 1;
        }
        const bytes = pages.subarray((run - first) * size, (next - first) * size);
        writeAll(fd, bytes, (this.index.pageNo(run) - 1) * size);
        for (let frame = run; frame < next; frame += 1) {
          pageCount = this.index.sizeAfter(frame) || pageCount;
        }
      }
    }
    return pageCount;
  }

  #readBlock(block: number): Buffer {
    const start = this.#blockStarts[block] ?? 0;
    const bytes = Buffer.alloc((this.#blockStarts[block + 1] ?? start) - start);
    const fd = openSync(this.#path, 'r');
    try {
      readSync(fd, bytes, 0, bytes.length, start);
      return zstdDecompressSync(bytes);
    } catch (error) {
      throw new SegmentDamaged(`${this.#path} is damaged`, { cause: error });
    } finally {
      closeSync(fd);
    }
  }
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

function headBytes(frameCount: number, timeCount: number): number {
  const blocks = Math.ceil(frameCount / BLOCK_FRAMES);
  return FIXED_BYTES + frameCount * FRAME_ENTRY_BYTES + timeCount * TIME_BYTES + blocks * BLOCK_ENTRY_BYTES;
}

function readHead(path: string): Buffer {
  const fixed = Buffer.alloc(FIXED_BYTES);
  const fd = openSync(path, 'r');
  try {
    if (readSync(fd, fixed, 0, FIXED_BYTES, 0) < FIXED_BYTES || fixed.toString('latin1', 0, 8) !== MAGIC) {
      throw new SegmentDamaged(`${path} is no segment`);
    }
    const head = Buffer.alloc(headBytes(fixed.readUInt32BE(32), fixed.readUInt32BE(40)));
    readSync(fd, head, 0, head.length, 0);
    const crc = head.readUInt32BE(CRC_AT);
    head.writeUInt32BE(0, CRC_AT);
    if (crc32(head) !== crc) {
      throw new SegmentDamaged(`the head of ${path} is damaged`);
    }
    return head;
  } finally {
    closeSync(fd);
  }
}
