/**
 * Reads SQLite's index of the WAL, the `-shm` file: how much of the WAL is committed. Source: "WAL-Index Header" in
 * SQLite's documentation of its WAL-mode file format. `PRAGMA wal_checkpoint(NOOP)` says the same, at three times the cost.
 *
 * SQLite's locks lie on this file, and POSIX drops all of a process's locks on a file when any of its handles is closed. So
 * the handle stays open as long as the log does, whose connections are closed before it.
 *
 * @module
 */
import { closeSync, openSync, readSync } from 'node:fs';
import process from 'node:process';

import { WalChecksum } from './wal-format.ts';
import type { WalHeader } from './wal-format.ts';

/** What the index says of the WAL. */
export interface WalView {
  /** Undefined only when `count` is 0. */
  readonly header: WalHeader | undefined;
  readonly count: number;
  /** Frames that are in the database file, too. */
  readonly backfilled: number;
}

/** Of each of the two copies of the header. Numbers are in the machine's order, but for the salts. */
const HEADER_BYTES = 48;
const CHECKSUM_AT = 40;
const VERSION = 3_007_000;
/** Two headers and the number of frames in the database file. */
const READ_BYTES = 2 * HEADER_BYTES + 4;

export class WalIndexFile {
  readonly #path: string;
  readonly #bytes = Buffer.alloc(READ_BYTES);
  readonly #first = this.#bytes.subarray(0, HEADER_BYTES);
  readonly #second = this.#bytes.subarray(HEADER_BYTES, 2 * HEADER_BYTES);
  #fd: number | undefined;
  #header: WalHeader = { pageSizeBytes: 0, salt1: 0, salt2: 0 };

  constructor(databasePath: string) {
    this.#path = `${databasePath}-shm`;
  }

  /**
   * Undefined when SQLite has to be asked: somebody is writing the index, or its writer died amid it, or the file need
   * not be what SQLite has in memory, as on Windows. A connection to the database must be open.
   */
  read(): WalView | undefined {
    if (process.platform === 'win32') {
      return undefined;
    }
    const bytes = this.#bytes;
    this.#fd ??= openSync(this.#path, 'r');
    if (readSync(this.#fd, bytes, 0, READ_BYTES, 0) < READ_BYTES || !this.#isWhole()) {
      return undefined;
    }
    const count = bytes.readUInt32LE(16);
    return { header: count === 0 ? undefined : this.#presentHeader(), count, backfilled: bytes.readUInt32LE(96) };
  }

  /** Writers write the second copy first: are they alike, then neither is half done. */
  #isWhole(): boolean {
    if (this.#bytes.readUInt32LE(0) !== VERSION || this.#bytes[12] !== 1 || !this.#first.equals(this.#second)) {
      return false;
    }
    const checksum = new WalChecksum();
    checksum.add(this.#first, 0, CHECKSUM_AT);
    return checksum.equalsLittle(this.#first, CHECKSUM_AT);
  }

  /** The same object as long as the WAL is not started over. */
  #presentHeader(): WalHeader {
    const [salt1, salt2] = [this.#bytes.readUInt32BE(32), this.#bytes.readUInt32BE(36)];
    if (salt1 !== this.#header.salt1 || salt2 !== this.#header.salt2) {
      const size = this.#bytes.readUInt16LE(14);
      this.#header = { pageSizeBytes: size === 1 ? 65_536 : size, salt1, salt2 };
    }
    return this.#header;
  }

  close(): void {
    if (this.#fd !== undefined) {
      closeSync(this.#fd);
      this.#fd = undefined;
    }
  }
}
