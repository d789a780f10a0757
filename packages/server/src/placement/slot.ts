/**
 * A place for one host process, which stays when the process ends and another is started.
 *
 * @module
 */
import { createHash } from 'node:crypto';

import type { HostEnd, HostProcess } from './host-process.ts';

/** A host that dies sooner than this after its start is started again with a pause, longer each time. */
const EARLY_DEATH_MS = 2_000;
const RESTART_PAUSE_MS = 250;
const RESTART_PAUSE_MAX_MS = 30_000;

export class Slot {
  readonly index: number;
  host: HostProcess | undefined;
  /** Its next host is started after a pause. */
  isPausing = false;
  #startedAtMs = 0;
  /** How often in a row its host died early. */
  #failures = 0;

  constructor(index: number) {
    this.index = index;
  }

  started(host: HostProcess, nowMs: number): void {
    this.host = host;
    this.#startedAtMs = nowMs;
  }

  /** Its host is gone. @returns milliseconds until another is to be started */
  ended(cause: HostEnd['cause'], nowMs: number): number {
    this.isPausing = cause === 'crash' && nowMs - this.#startedAtMs < EARLY_DEATH_MS;
    this.#failures = this.isPausing ? this.#failures + 1 : 0;
    return this.isPausing ? Math.min(RESTART_PAUSE_MS * 2 ** (this.#failures - 1), RESTART_PAUSE_MAX_MS) : 0;
  }
}

/** The index of the slot that a database belongs to. Ids are UUIDv7, whose leading bytes are the time: hence a hash. */
export function homeSlot(databaseId: string, count: number): number {
  return createHash('sha1').update(databaseId).digest().readUInt32BE(0) % count;
}
