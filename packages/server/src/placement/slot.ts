/**
 * A place for one host process, which stays when the process ends and another is started.
 *
 * @module
 */
import type { HostEnd, HostProcess } from './host-process.ts';

/** Before the next start of a host that died early; longer each time in a row. */
const RESTART_PAUSE_MS = 250;
/** When they die without ever answering. */
const RESTART_PAUSE_MAX_MS = 30_000;
/** When they answer first: whoever makes them die must not be able to keep others waiting for long. */
const ANSWERED_PAUSE_MAX_MS = 2_000;
/** So many of them in a row are no loop yet. */
const ANSWERED_FREE = 5;
/** A host that has lived so long did not die early. */
const EARLY_MS = 1_000;

export class Slot {
  readonly index: number;
  host: HostProcess | undefined;
  /** Its next host is started after a pause. */
  isPausing = false;
  /** How often in a row its host died early. */
  #failures = 0;
  #startedMs = 0;

  constructor(index: number) {
    this.index = index;
  }

  started(host: HostProcess, nowMs: number): void {
    this.host = host;
    this.#startedMs = nowMs;
  }

  /**
   * Its host is gone. One that has answered shows that hosts can be started: the next follows at once, so that no request
   * need be refused, unless that goes on and on.
   *
   * @returns milliseconds until another is to be started
   */
  ended(cause: HostEnd['cause'], hasAnswered: boolean, nowMs: number): number {
    const isEarly = cause === 'crash' && (!hasAnswered || nowMs - this.#startedMs < EARLY_MS);
    this.#failures = isEarly ? this.#failures + 1 : 0;
    const doublings = this.#failures - 1 - (hasAnswered ? ANSWERED_FREE : 0);
    const mostMs = hasAnswered ? ANSWERED_PAUSE_MAX_MS : RESTART_PAUSE_MAX_MS;
    const pauseMs = isEarly && doublings >= 0 ? Math.min(RESTART_PAUSE_MS * 2 ** doublings, mostMs) : 0;
    this.isPausing = pauseMs > 0;
    return pauseMs;
  }
}

/** The one with the fewest requests, of those with a host that is fit. */
export function leastLoaded(
  slots: readonly Slot[],
  isFit: (host: HostProcess, index: number) => boolean,
): Slot | undefined {
  let [best, leastLoad]: [Slot | undefined, number] = [undefined, Infinity];
  for (const slot of slots) {
    const { host, index } = slot;
    if (host !== undefined && host.exchanges.size < leastLoad && isFit(host, index)) {
      [best, leastLoad] = [slot, host.exchanges.size];
    }
  }
  return best;
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
