/**
 * A small file in which a host writes what it runs, before it runs it; the gateway reads it when the host has
 * been silent for too long, or after it died. A statement cannot be interrupted and a stuck process cannot be asked,
 * so this is how the gateway learns which request was the cause, and which ones had not even started and may safely be
 * run by another host.
 *
 * ```
 * u32 highest channel id started | u32 channel running, 0 when none | f64 started at | f64 allowed until
 * u32 revoked up to: the gateway's word | u32 how many wait | u32 channel id of each
 * ```
 *
 * Those that wait have started, and nothing of them has run: they wait for a lock, and may be taken away like requests
 * that have not started.
 *
 * One number is written by the gateway: movable requests up to this channel id that have not started, or wait, are taken
 * away from the host. The host writes that it starts a request and then reads what is revoked; the gateway writes what it
 * revokes and then reads what was started. (That a request has done waiting is said and asked in the same way.) Both go through the kernel's one copy of the file, so they cannot miss each
 * other both: a request is never run by two hosts.
 *
 * Times are Unix milliseconds. Little-endian. The file lives in the page cache: it outlives the process, not the
 * machine, and need not.
 *
 * @module
 */
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';

/** Of the file's beginning, the part that the host writes with each request. */
const HOST_BYTES = 24;
const STARTED_AT = 8;
const REVOKED_AT = 24;
const WAITING_AT = 28;
/** More are not told of, and are taken for running. */
const WAITING_MAX = 500;
const CELL_BYTES = WAITING_AT + 4 + WAITING_MAX * 4;

export interface Work {
  /** Channels with a higher id have not started. */
  readonly highestStarted: number;
  /** Channels that have started and of which nothing has run. */
  readonly waiting: ReadonlySet<number>;
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
  readonly #waiting = new Set<number>();

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

  /** A request that has started waits for something, and nothing of it has run. */
  waits(channel: number): void {
    if (this.#waiting.size < WAITING_MAX) {
      this.#waiting.add(channel);
      this.#writeWaiting();
    }
  }

  /** It waits no more: say so before it goes on, and ask then whether it was revoked. */
  goesOn(channel: number): void {
    if (this.#waiting.delete(channel)) {
      this.#writeWaiting();
    }
  }

  #writeWaiting(): void {
    const words = Uint32Array.of(this.#waiting.size, ...this.#waiting);
    const bytes = Buffer.alloc(words.byteLength);
    words.forEach((word, index) => bytes.writeUInt32LE(word, index * 4));
    writeSync(this.#fd, bytes, 0, bytes.length, WAITING_AT);
  }

  /** Call after `running` or `goesOn`, for a movable request: it is another host's now. */
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

/** Nothing of the request has run: it may be given to another host. */
export function hasNotRun({ highestStarted, waiting }: Work, channel: number): boolean {
  return channel > highestStarted || waiting.has(channel);
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
    return { highestStarted: 0, waiting: new Set(), running: 0, startedAtMs: 0, allowedUntilMs: 0 };
  }
  const waiting = new Set<number>();
  // Bounded, whatever a host has written.
  const count = Math.min(cell.readUInt32LE(WAITING_AT), WAITING_MAX);
  for (let at = 1; at <= count; at += 1) {
    waiting.add(cell.readUInt32LE(WAITING_AT + at * 4));
  }
  return {
    highestStarted: cell.readUInt32LE(0),
    waiting,
    running: cell.readUInt32LE(4),
    startedAtMs: cell.readDoubleLE(8),
    allowedUntilMs: cell.readDoubleLE(16),
  };
}
