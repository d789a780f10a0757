/**
 * What a page log has to remember beside the WAL and the segments: who it is, and where in its numbering things lie.
 *
 * The file has two slots of 4 KiB. A new state goes over the older one, so a write that is cut leaves the newer one
 * whole; no rename is needed, and one durable write is all it costs.
 *
 * @module
 */
import { closeSync, constants, mkdirSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

import { syncFolder } from '../files/sync-path.ts';
import { openDurable, writeAll } from './durable-files.ts';
import type { WalSalts } from './wal-format.ts';

export interface LogState {
  /** Counts the states of this file. */
  readonly sequence: number;
  /** UUID; numbers mean something only together with it. */
  readonly logId: string;
  readonly generation: number;
  readonly firstGeneration: number;
  /** Numbers of the first frames of the latest generations; the last one is the current generation's. */
  readonly generationStarts: readonly number[];
  /** The life of the WAL that is numbered from `walBase + 1`; null before the first one. */
  readonly wal: WalSalts | null;
  /** Nothing in the WAL was needed any more when the database was closed: it may be gone. */
  readonly isDrained: boolean;
  readonly walBase: number;
  /** Frames up to this number lie in segments (as far as retention keeps them). Ends with a commit. */
  readonly sealedTo: number;
  /**
   * A loss of power cannot take the log away: from when numbers are told to others, or frames leave the WAL. A log that has
   * only just begun need not cost a sync: without it the database is whole, and another log begins.
   */
  readonly isDurable?: boolean;
  /** The database can be had as of every frame from this one on (see origins.ts). Absent in logs of earlier versions. */
  readonly completeFrom?: number;
  /** Unix ms since when it is as it was at `completeFrom`. */
  readonly completeSinceMs?: number;
  /**
   * The database file, while it is the state before the generation's first frame, but for what base.ts tells. Null while
   * a checkpoint may be writing to it.
   */
  readonly base: BaseMark | null;
}

/** By which a database file is known again. Whoever else changes the file moves its time. */
export interface BaseMark {
  readonly sizeBytes: number;
  /** Nanoseconds, as decimal digits. */
  readonly modifiedNs: string;
}

const WRITABLE = constants.O_RDWR | constants.O_CREAT;
const SLOT_BYTES = 4096;
const PREFIX_BYTES = 8;
/** Generations that the slot has room for, with margin. */
export const GENERATIONS_KEPT = 200;

export class LogStateFile {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = path.join(folder, 'state');
  }

  /** The newest whole state; undefined when there is none. */
  read(): LogState | undefined {
    let fd: number;
    try {
      fd = openSync(this.#path, 'r');
    } catch {
      return undefined;
    }
    try {
      const bytes = Buffer.alloc(2 * SLOT_BYTES);
      readSync(fd, bytes, 0, bytes.length, 0);
      const [a, b] = [decode(bytes.subarray(0, SLOT_BYTES)), decode(bytes.subarray(SLOT_BYTES))];
      return (a?.sequence ?? 0) > (b?.sequence ?? 0) ? a : b;
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Durable when it returns, if the state says that the log is.
   *
   * @param isFirstDurable the names of the file and its folder have to be made durable, too
   */
  write(state: LogState, isFirstDurable: boolean): void {
    if (state.sequence === 1) {
      mkdirSync(path.dirname(this.#path), { recursive: true, mode: 0o700 });
    }
    const fd = state.isDurable === true ? openDurable(this.#path) : openSync(this.#path, WRITABLE, 0o600);
    try {
      writeAll(fd, encode(state), (state.sequence % 2) * SLOT_BYTES);
    } finally {
      closeSync(fd);
    }
    if (isFirstDurable) {
      syncFolder(path.dirname(this.#path));
      syncFolder(path.dirname(path.dirname(this.#path)));
    }
  }
}

/** Length, CRC, and JSON that a person can read. */
function encode(state: LogState): Buffer {
  const text = Buffer.from(JSON.stringify(state));
  if (text.length > SLOT_BYTES - PREFIX_BYTES) {
    throw new Error(`the state of a page log has ${text.length} bytes, which is too much`);
  }
  const slot = Buffer.alloc(SLOT_BYTES);
  slot.writeUInt32BE(text.length, 0);
  slot.writeUInt32BE(crc32(text), 4);
  text.copy(slot, PREFIX_BYTES);
  return slot;
}

function decode(slot: Buffer): LogState | undefined {
  const text = slot.subarray(PREFIX_BYTES, PREFIX_BYTES + slot.readUInt32BE(0));
  return text.length > 0 && crc32(text) === slot.readUInt32BE(4)
    ? (JSON.parse(text.toString()) as LogState)
    : undefined;
}
