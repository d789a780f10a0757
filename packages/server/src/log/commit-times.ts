/**
 * When frames were committed, for those that are not sealed yet: a record says "at this time everything up to this frame was
 * committed". It is written before the commit is acknowledged, so a restore to a time after the answer has the commit, and
 * one to a time before the request does not.
 *
 * The file `times` beside the segments survives the end of the process, not a loss of power: what the WAL then has more
 * is dated by the WAL file itself. Several processes may append; each record is true by itself, so their order is of no
 * importance.
 *
 * @module
 */
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

import type { CommitTime } from './segment.ts';

/** CRC (u32), first 8 digits of the log id (u32), frame (u64), Unix ms (u64). */
const RECORD_BYTES = 24;

export class CommitTimes {
  readonly #path: string;
  #idDigits: number;
  #list: CommitTime[] = [];
  #fd: number | undefined;

  constructor(folder: string, logId: string) {
    this.#path = path.join(folder, 'times');
    this.#idDigits = digitsOf(logId);
    this.reload();
  }

  get list(): readonly CommitTime[] {
    return this.#list;
  }

  /** The last frame of which a record is known here; -1 when there is none. */
  get lastFrame(): number {
    return this.#list.reduce((last, { frame }) => Math.max(last, frame), -1);
  }

  /** Everything up to this frame is committed. */
  saw(frame: number, unixMs = Date.now()): void {
    const last = this.#list.at(-1);
    if (last !== undefined && last.frame >= frame && last.unixMs <= unixMs) {
      return;
    }
    this.#list.push({ frame, unixMs });
    const record = Buffer.alloc(RECORD_BYTES);
    record.writeUInt32BE(this.#idDigits, 4);
    record.writeBigUInt64BE(BigInt(frame), 8);
    record.writeBigUInt64BE(BigInt(Math.round(unixMs)), 16);
    record.writeUInt32BE(crc32(record.subarray(4)), 0);
    this.#fd ??= openSync(this.#path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
    writeSync(this.#fd, record);
  }

  /** Takes in what other processes have recorded. */
  reload(): void {
    const bytes = readIfThere(this.#path);
    const found: CommitTime[] = [];
    for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      const record = bytes.subarray(at, at + RECORD_BYTES);
      if (crc32(record.subarray(4)) === record.readUInt32BE(0) && record.readUInt32BE(4) === this.#idDigits) {
        found.push({ frame: Number(record.readBigUInt64BE(8)), unixMs: Number(record.readBigUInt64BE(16)) });
      }
    }
    if (found.length > 0) {
      this.#list = found.sort((a, b) => a.frame - b.frame || a.unixMs - b.unixMs);
    }
  }

  /** Entries for a segment that ends at a frame and begins behind another. */
  between(before: number, last: number): CommitTime[] {
    return this.#list.filter(({ frame }) => frame > before && frame <= last);
  }

  /** Everything up to a frame is sealed, or the log has started anew. */
  forget(upTo: number, logId: string): void {
    this.#idDigits = digitsOf(logId);
    this.#list = this.#list.filter(({ frame }) => frame > upTo);
    if (this.#list.length === 0) {
      this.#fd ??= openSync(this.#path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
      ftruncateSync(this.#fd);
    }
  }

  close(): void {
    if (this.#fd !== undefined) {
      closeSync(this.#fd);
      this.#fd = undefined;
    }
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
