/**
 * When frames were committed, for those that are not sealed yet: a record says "at this time everything up to this frame was
 * committed". It is written before the commit is acknowledged, so a restore to a time after the answer has the commit, and
 * one to a time before the request does not.
 *
 * The file `times` beside the segments survives the end of the process, not a loss of power: what the WAL then has more
 * is dated by the WAL file itself. Each record is true by itself, so their order is of no importance.
 *
 * A record lies in the slot of its frame in the WAL, so that several processes may write, and so that the file hardly ever
 * grows: a file that grew since makes every sync of the WAL dearer, by a quarter of a commit. What remains from before is
 * of frames that are sealed.
 *
 * @module
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

import type { CommitTime } from './segment.ts';
import { readUInt64, writeUInt64 } from './uint64.ts';

/** CRC (u32), first 8 digits of the log id (u32), frame (u64), Unix ms (u64). */
const RECORD_BYTES = 24;
/** The file grows by 2,730 records at a time. */
const GROWTH_BYTES = 64 * 1024;
/** Larger ones, after a WAL that could not start over for long, become small again. */
const KEPT_BYTES = 1024 * 1024;
const WRITABLE = constants.O_WRONLY | constants.O_CREAT;

export class CommitTimes {
  readonly #path: string;
  #idDigits: number;
  #list: CommitTime[] = [];
  readonly #record = Buffer.alloc(RECORD_BYTES);
  #fd: number | undefined;
  /** Of the file, as far as known. */
  #sizeBytes = 0;

  /** @param sealedTo frames up to this one lie in segments, with their times */
  constructor(folder: string, logId: string, sealedTo: number) {
    this.#path = path.join(folder, 'times');
    this.#idDigits = digitsOf(logId);
    this.reload(sealedTo);
  }

  get list(): readonly CommitTime[] {
    return this.#list;
  }

  /** The last frame of which a record is known here; -1 when there is none. */
  get lastFrame(): number {
    return this.#list.reduce((last, { frame }) => Math.max(last, frame), -1);
  }

  /**
   * Everything up to a frame is committed.
   *
   * @param slot which frame of the WAL it is
   */
  saw(frame: number, slot: number, unixMs = Date.now()): void {
    const last = this.#list.at(-1);
    if (last !== undefined && last.frame >= frame && last.unixMs <= unixMs) {
      return;
    }
    this.#list.push({ frame, unixMs });
    const record = this.#record;
    record.writeUInt32BE(this.#idDigits, 4);
    writeUInt64(record, frame, 8);
    writeUInt64(record, Math.round(unixMs), 16);
    record.writeUInt32BE(crc32(record.subarray(4)), 0);
    const offset = slot * RECORD_BYTES;
    writeSync(this.#room(offset + RECORD_BYTES), record, 0, RECORD_BYTES, offset);
  }

  /** Takes in what other processes have recorded. @param sealedTo as at the beginning */
  reload(sealedTo: number): void {
    const bytes = readIfThere(this.#path);
    const found: CommitTime[] = [];
    for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      const frame = readUInt64(bytes, at + 8);
      if (
        frame > sealedTo &&
        bytes.readUInt32BE(at + 4) === this.#idDigits &&
        crc32(bytes.subarray(at + 4, at + RECORD_BYTES)) === bytes.readUInt32BE(at)
      ) {
        found.push({ frame, unixMs: readUInt64(bytes, at + 16) });
      }
    }
    this.#list = found.sort((a, b) => a.frame - b.frame || a.unixMs - b.unixMs);
  }

  /** Entries for a segment that ends at a frame and begins behind another. */
  between(before: number, last: number): CommitTime[] {
    return this.#list.filter(({ frame }) => frame > before && frame <= last);
  }

  /** Everything up to a frame is sealed, or the log has started anew. */
  forget(upTo: number, logId: string): void {
    this.#idDigits = digitsOf(logId);
    this.#list = this.#list.filter(({ frame }) => frame > upTo);
    if (this.#list.length === 0 && this.#sizeBytes > KEPT_BYTES) {
      ftruncateSync(this.#room(0));
      this.#sizeBytes = 0;
    }
  }

  close(): void {
    if (this.#fd !== undefined) {
      closeSync(this.#fd);
      this.#fd = undefined;
    }
  }

  /** The file, with room up to a position. */
  #room(endBytes: number): number {
    this.#fd ??= openSync(this.#path, WRITABLE, 0o600);
    if (endBytes > this.#sizeBytes) {
      // Another process may have made it larger: it must not become smaller.
      const wanted = Math.ceil(endBytes / GROWTH_BYTES) * GROWTH_BYTES;
      this.#sizeBytes = Math.max(wanted, fstatSync(this.#fd).size);
      ftruncateSync(this.#fd, this.#sizeBytes);
    }
    return this.#fd;
  }
}

function digitsOf(logId: string): number {
  return Number.parseInt(logId.slice(0, 8), 16);
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return Buffer.alloc(0);
    }
    throw error;
  }
}
