/**
 * A place for one host process, which stays when the process ends and another is started.
 *
 * @module
 */
import type { HostEnd, HostProcess } from './host-process.ts';

/** Before the next start of a host that died without ever answering; longer each time. */
const RESTART_PAUSE_MS = 250;
const RESTART_PAUSE_MAX_MS = 30_000;

export class Slot {
  readonly index: number;
  host: HostProcess | undefined;
  /** Its next host is started after a pause. */
  isPausing = false;
  /** How often in a row its host died before it answered. */
  #failures = 0;

  constructor(index: number) {
    this.index = index;
  }

  /**
   * Its host is gone. One that has answered, however short its life, shows that hosts can be started: requests need not
   * be refused meanwhile.
   *
   * @returns milliseconds until another is to be started
   */
  ended(cause: HostEnd['cause'], hasAnswered: boolean): number {
    this.isPausing = cause === 'crash' && !hasAnswered;
    this.#failures = this.isPausing ? this.#failures + 1 : 0;
    return this.isPausing ? Math.min(RESTART_PAUSE_MS * 2 ** (this.#failures - 1), RESTART_PAUSE_MAX_MS) : 0;
  }
}

/** The index of the slot that a database belongs to. Ids are UUIDv7, whose leading bytes are the time: hence a hash. */
export function homeSlot(databaseId: string, count: number): number {
  // FNV-1a: on the way of each request.
  let hash = 0x811c9dc5;
  for (let at = 0; at < databaseId.length; at += 1) {
    hash = Math.imul(hash ^ databaseId.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) % count;
}
