/**
 * A file of 32 bytes in which a host writes what it runs, before it runs it; the gateway reads it when the host has
 * been silent for too long, or after it died. A statement cannot be interrupted and a stuck process cannot be asked,
 * so this is how the gateway learns which request was the cause, and which ones had not even started and may safely be
 * run by another host.
 *
 * ```
 * u32 highest channel id started | u32 channel running, 0 when none | f64 started at | f64 allowed until | 8 unused
 * ```
 *
 * Times are Unix milliseconds. Little-endian. The file lives in the page cache: it outlives the process, not the
 * machine, and need not.
 *
 * @module
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const CELL_BYTES = 32;

export interface Work {
  /** Channels with a higher id have not started. */
  readonly highestStarted: number;
  /** The channel whose statement runs right now, or 0. */
  readonly running: number;
  readonly startedAtMs: number;
  /** The host may be silent until then: the statement's limit, or more for maintenance such as a file check. */
  readonly allowedUntilMs: number;
}

/** The host's side. */
export class WorkCellWriter {
  readonly #fd: number;
  readonly #cell = Buffer.alloc(CELL_BYTES);

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
    writeSync(this.#fd, this.#cell, 0, CELL_BYTES, 0);
  }

  /** Call before each piece of work that blocks: `channel` starts or goes on, and may take up to `allowedMs`. */
  running(channel: number, allowedMs: number): void {
    const cell = this.#cell;
    if (channel > cell.readUInt32LE(0)) {
      cell.writeUInt32LE(channel, 0);
    }
    const nowMs = Date.now();
    cell.writeUInt32LE(channel, 4);
    cell.writeDoubleLE(nowMs, 8);
    cell.writeDoubleLE(nowMs + allowedMs, 16);
    writeSync(this.#fd, cell, 0, CELL_BYTES, 0);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The gateway's side. Answers "nothing started" for a host that died before it could write. */
export function readWorkCell(path: string): Work {
  let cell: Buffer;
  try {
    cell = readFileSync(path);
  } catch {
    cell = Buffer.alloc(0);
  }
  if (cell.length < CELL_BYTES) {
    return { highestStarted: 0, running: 0, startedAtMs: 0, allowedUntilMs: 0 };
  }
  return {
    highestStarted: cell.readUInt32LE(0),
    running: cell.readUInt32LE(4),
    startedAtMs: cell.readDoubleLE(8),
    allowedUntilMs: cell.readDoubleLE(16),
  };
}
