/**
 * Reads the `-wal` file of an open database.
 *
 * Which frames are committed is not for this class to say. A commit frame lies in the file before its fsync is done,
 * and if its writer is killed right then, the next writer puts other frames in its place; only SQLite's index of the WAL
 * knows (see page-log.ts).
 *
 * SQLite takes no locks on this file, so a handle on it may be closed at any time. (On the database file and on its
 * `-shm` that would drop all locks of the process.)
 *
 * @module
 */
import { closeSync, openSync, readSync } from 'node:fs';

import { Frames } from './frames.ts';
import {
  decodeWalHeader,
  FRAME_HEADER_BYTES,
  frameOffset,
  sameSalts,
  WAL_HEADER_BYTES,
  WalChecksum,
} from './wal-format.ts';
import type { WalHeader, WalSalts } from './wal-format.ts';

/** The WAL is not what its index says, or has started over since. */
export class WalChanged extends Error {
  override readonly name = 'WalChanged';
}

export class WalFile {
  readonly #path: string;
  readonly #raw = Buffer.alloc(WAL_HEADER_BYTES);
  readonly #lastRaw = Buffer.alloc(WAL_HEADER_BYTES);
  readonly #frameHeader = Buffer.alloc(FRAME_HEADER_BYTES);
  #fd: number | undefined;
  #header: WalHeader | undefined;

  constructor(databasePath: string) {
    this.#path = `${databasePath}-wal`;
  }

  /** Undefined while there is no WAL. The same object as before when it has not started over. */
  header(): WalHeader | undefined {
    this.#fd ??= openIfThere(this.#path);
    if (this.#fd === undefined || readSync(this.#fd, this.#raw, 0, WAL_HEADER_BYTES, 0) < WAL_HEADER_BYTES) {
      return undefined;
    }
    if (this.#header === undefined || !this.#raw.equals(this.#lastRaw)) {
      this.#header = decodeWalHeader(this.#raw);
      this.#raw.copy(this.#lastRaw);
    }
    return this.#header;
  }

  /** Visits the headers of frames `first` to `last`, counted from 1. @throws {WalChanged} */
  scan(first: number, last: number, header: WalHeader, visit: (pageNo: number, sizeAfter: number) => void): void {
    const bytes = this.#frameHeader;
    for (let frame = first; frame <= last; frame += 1) {
      this.#read(bytes, frameOffset(frame, header.pageSizeBytes));
      checkSalts(bytes, 0, header);
      visit(bytes.readUInt32BE(0), bytes.readUInt32BE(4));
    }
  }

  /**
   * Frames `first` to `last` with their pages, every checksum verified.
   *
   * @param firstNumber what the first one is called in the log
   * @param into large enough, and overwritten; who reads many frames saves a new buffer for each part
   * @throws {WalChanged}
   */
  read(first: number, last: number, header: WalHeader, firstNumber: number, into?: Buffer): Frames {
    const { pageSizeBytes } = header;
    const frameBytes = FRAME_HEADER_BYTES + pageSizeBytes;
    const sizeBytes = (last - first + 1) * frameBytes;
    const bytes = into?.subarray(0, sizeBytes) ?? Buffer.allocUnsafe(sizeBytes);
    this.#read(bytes, frameOffset(first, pageSizeBytes));
    const checksum = this.checksumBefore(first, header);
    for (let start = 0; start < bytes.length; start += frameBytes) {
      checkSalts(bytes, start, header);
      checksum.addFrame(bytes, start, pageSizeBytes);
      if (!checksum.equals(bytes, start + 16)) {
        throw new WalChanged(`${this.#path}: wrong checksum`);
      }
    }
    return new Frames(firstNumber, pageSizeBytes, bytes);
  }

  close(): void {
    if (this.#fd !== undefined) {
      closeSync(this.#fd);
      this.#fd = undefined;
      this.#header = undefined;
    }
  }

  /** The checksum that frame `frame` continues. */
  checksumBefore(frame: number, header: WalHeader): WalChecksum {
    const [bytes, at] = frame === 1 ? [Buffer.alloc(WAL_HEADER_BYTES), 24] : [Buffer.alloc(FRAME_HEADER_BYTES), 16];
    this.#read(bytes, frame === 1 ? 0 : frameOffset(frame - 1, header.pageSizeBytes));
    return WalChecksum.at(bytes, at);
  }

  #read(bytes: Buffer, position: number): void {
    this.#fd ??= openIfThere(this.#path);
    let done = 0;
    while (done < bytes.length) {
      const read = this.#fd === undefined ? 0 : readSync(this.#fd, bytes, done, bytes.length - done, position + done);
      if (read === 0) {
        throw new WalChanged(`${this.#path}: ends too early`);
      }
      done += read;
    }
  }
}

function checkSalts(bytes: Buffer, start: number, salts: WalSalts): void {
  const found = { salt1: bytes.readUInt32BE(start + 8), salt2: bytes.readUInt32BE(start + 12) };
  if (!sameSalts(found, salts)) {
    throw new WalChanged('a frame belongs to another life of the write-ahead log');
  }
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
