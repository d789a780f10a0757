/**
 * A file of 32 bytes in which a host writes what it runs, before it runs it; the gateway reads it when the host has
 * been silent for too long, or after it died. A statement cannot be interrupted and a stuck process cannot be asked,
 * so this is how the gateway learns which request was the cause, and which ones had not even started and may safely be
 * run by another host.
 *
 * ```
 * u32 highest channel id started | u32 channel running, 0 when none | f64 started at | f64 allowed until
 * u32 revoked up to: the gateway's word | 4 unused
 * ```
 *
 * The last number is written by the gateway: movable requests up to this channel id that have not started are taken away
 * from the host. The host writes that it starts a request and then reads what is revoked; the gateway writes what it
 * revokes and then reads what was started. Both go through the kernel's one copy of the file, so they cannot miss each
 * other both: a request is never run by two hosts.
 *
 * Times are Unix milliseconds. Little-endian. The file lives in the page cache: it outlives the process, not the
 * machine, and need not.
 *
 * @module
 */
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';

const CELL_BYTES = 32;
/** What the host writes; the rest is the gateway's. */
const HOST_BYTES = 24;
const REVOKED_AT = 24;
const STARTED_AT = 8;

export interface Work {
  /** Channels with a higher id have not started. */
  readonly highestStarted: number;
  /** The channel whose statement runs right now, or 0. */
  readonly running: number;
  readonly startedAtMs: number;
  /** The host may be silent until then: the statement's limit, or more for maintenance such as a file check. */
  readonly allowedUntilMs: number;
}

/** What a cell says is right to so many milliseconds: saying the same again costs a system call. */
const SAME_MS = 2;

/** The host's side. */
export class WorkCellWriter {
  readonly #fd: number;
  readonly #cell = Buffer.alloc(HOST_BYTES);
  readonly #revoked = Buffer.alloc(4);

  /** @param path of a cell that the gateway has made */
  constructor(path: string) {
    this.#fd = openSync(path, 'r+');
  }

  /** Call before each piece of work that blocks: `channel` starts or goes on, and may take up to `allowedMs`. */
  running(channel: number, allowedMs: number): void {
    const cell = this.#cell;
    const nowMs = Date.now();
    if (
      channel === cell.readUInt32LE(4) &&
      nowMs - cell.readDoubleLE(8) < SAME_MS &&
      nowMs + allowedMs - cell.readDoubleLE(16) < SAME_MS
    ) {
      return;
    }
    if (channel > cell.readUInt32LE(0)) {
      cell.writeUInt32LE(channel, 0);
    }
    cell.writeUInt32LE(channel, 4);
    cell.writeDoubleLE(nowMs, 8);
    cell.writeDoubleLE(nowMs + allowedMs, 16);
    writeSync(this.#fd, cell, 0, HOST_BYTES, 0);
  }

  /** Call after `running`, for a movable request that starts: it is another host's now. */
  isRevoked(channel: number): boolean {
    readSync(this.#fd, this.#revoked, 0, 4, REVOKED_AT);
    return channel <= this.#revoked.readUInt32LE(0);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The gateway's side: makes the cell of a host that is about to be started. */
export class WorkCellRevoker {
  readonly #fd: number;
  readonly #revoked = Buffer.alloc(4);
  readonly #started = Buffer.alloc(8);

  constructor(path: string) {
    writeFileSync(path, Buffer.alloc(CELL_BYTES));
    this.#fd = openSync(path, 'r+');
  }

  /** Takes movable requests up to this channel away from the host, unless `readWorkCell` afterwards shows them started. */
  revokeUpTo(channel: number): void {
    this.#revoked.writeUInt32LE(channel);
    writeSync(this.#fd, this.#revoked, 0, 4, REVOKED_AT);
  }

  /** Unix time (ms) at which the host began what it runs, or ran last. */
  startedAtMs(): number {
    readSync(this.#fd, this.#started, 0, 8, STARTED_AT);
    return this.#started.readDoubleLE(0);
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
