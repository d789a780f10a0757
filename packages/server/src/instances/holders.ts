/**
 * Who uses the databases of this host. Holders are known by database, so that a database can be taken from all of them
 * when it is dropped or replaced, and so that their number has a limit.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { InstanceRef } from '../relay/messages.ts';

/** Why a stream ended although its client did not end it. */
export type EndReason =
  /** No request came for `streamIdleMs`. */
  | 'expired'
  /** It gave way to a new stream: the database had as many as it may, and this one had nothing to lose. */
  | 'evicted'
  /** The database or the instance is gone. */
  | 'deleted'
  /** The client closed it. */
  | 'closed'
  /** The file of the database was replaced, or the host ends. */
  | 'moved';

/** Somebody with a connection. */
export interface StreamHolder {
  readonly instance: InstanceRef;
  /** Unix time (ms) since when it has neither a request nor a transaction; undefined while it has one. */
  readonly idleSinceMs: number | undefined;
  /** Must close what it has open, and leave. */
  end(reason: EndReason): void;
}

const EMPTY_LISTS_MAX = 1_000;

export class Holders {
  readonly #maxPerDatabase: number;
  /**
   * Lists, not sets, and an empty list stays for a while: most holders come and go with one request, and what a Set or Map
   * that is changed all the time was made of outlives them (see relay/recent-table.ts).
   */
  readonly #byDatabase = new Map<string, StreamHolder[]>();
  #emptyLists = 0;
  readonly #changed: (databaseId: string) => void;

  /** @param changed told when a database gets its first holder or loses its last */
  constructor(maxPerDatabase: number, changed: (databaseId: string) => void) {
    this.#maxPerDatabase = maxPerDatabase;
    this.#changed = changed;
  }

  /**
   * A place among the streams of the holder's database; `leave` gives it back. When all are taken, the stream that has
   * been idle for longest is ended for it.
   *
   * @throws {SkerryError} TOO_MANY_STREAMS when every stream is in use or in a transaction
   */
  enter(holder: StreamHolder): void {
    const { databaseId } = holder.instance;
    const others = this.#byDatabase.get(databaseId);
    if (others !== undefined && others.length >= this.#maxPerDatabase) {
      const idle = longestIdle(others);
      if (idle === undefined) {
        throw new SkerryError('TOO_MANY_STREAMS', { limit: others.length });
      }
      idle.end('evicted');
    }
    // Ending the last one may have forgotten the list.
    const holders = this.#byDatabase.get(databaseId);
    if (holders === undefined) {
      this.#byDatabase.set(databaseId, [holder]);
      this.#changed(databaseId);
      return;
    }
    holders.push(holder);
    if (holders.length === 1) {
      this.#emptyLists -= 1;
      this.#changed(databaseId);
    }
  }

  leave(holder: StreamHolder): void {
    const { databaseId } = holder.instance;
    const holders = this.#byDatabase.get(databaseId);
    if (holders !== undefined && removeFrom(holders, holder) && holders.length === 0) {
      this.#emptyLists += 1;
      if (this.#emptyLists > EMPTY_LISTS_MAX) {
        this.#forgetEmptyLists();
      }
      this.#changed(databaseId);
    }
  }

  #forgetEmptyLists(): void {
    for (const [databaseId, holders] of this.#byDatabase) {
      if (holders.length === 0) {
        this.#byDatabase.delete(databaseId);
      }
    }
    this.#emptyLists = 0;
  }

  count(databaseId: string): number {
    return this.#byDatabase.get(databaseId)?.length ?? 0;
  }

  /** One of them has a request or a transaction. */
  areBusy(databaseId: string): boolean {
    const holders = this.#byDatabase.get(databaseId) ?? [];
    return Array.from(holders).some(({ idleSinceMs }) => idleSinceMs === undefined);
  }

  /** Databases with at least one. */
  databaseIds(): string[] {
    return [...this.#byDatabase].filter(([, holders]) => holders.length > 0).map(([databaseId]) => databaseId);
  }

  /** Ends those of a database for which `concerns` holds. */
  end(databaseId: string, reason: EndReason, concerns: (instance: InstanceRef) => boolean = () => true): void {
    for (const holder of Array.from(this.#byDatabase.get(databaseId) ?? [])) {
      if (concerns(holder.instance)) {
        holder.end(reason);
      }
    }
  }
}

/** The last one takes its place. False when it is not there. */
function removeFrom(holders: StreamHolder[], holder: StreamHolder): boolean {
  const place = holders.lastIndexOf(holder);
  if (place === -1) {
    return false;
  }
  const last = holders.pop() ?? holder;
  if (last !== holder) {
    holders[place] = last;
  }
  return true;
}

function longestIdle(holders: Iterable<StreamHolder>): StreamHolder | undefined {
  let longest: StreamHolder | undefined;
  let sinceMs = Number.POSITIVE_INFINITY;
  for (const holder of holders) {
    if (holder.idleSinceMs !== undefined && holder.idleSinceMs < sinceMs) {
      sinceMs = holder.idleSinceMs;
      longest = holder;
    }
  }
  return longest;
}
