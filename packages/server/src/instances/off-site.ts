/**
 * Holds answers back until the backup has what they acknowledge, for databases that are configured so. An answer to a read
 * waits as well, when it may show a commit that is not stored yet.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { LogLease } from './databases.ts';

interface Stored {
  readonly logId: string;
  readonly frame: number;
}

export class OffSite {
  readonly #openLog: (databaseId: string) => LogLease;
  /** Tells the backup that somebody waits. */
  readonly #await: (databaseId: string) => void;
  readonly #patienceMs: number;
  readonly #required = new Set<string>();
  readonly #stored = new Map<string, Stored>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(openLog: (databaseId: string) => LogLease, awaiting: (databaseId: string) => void, patienceMs: number) {
    this.#openLog = openLog;
    this.#await = awaiting;
    this.#patienceMs = patienceMs;
  }

  /** What a request's settings say. */
  configure(databaseId: string, isRequired: boolean): void {
    if (isRequired) {
      this.#required.add(databaseId);
    } else {
      this.#required.delete(databaseId);
    }
  }

  isRequired(databaseId: string): boolean {
    return this.#required.has(databaseId);
  }

  /** The backup has everything up to a frame. */
  stored(databaseId: string, stored: Stored): void {
    this.#stored.set(databaseId, stored);
    for (const look of this.#waiting.get(databaseId) ?? []) {
      look();
    }
  }

  /**
   * Everything that is committed by now is stored when it resolves.
   *
   * @throws {SkerryError} OFF_SITE_NOT_STORED: committed on this machine, and not stored in time
   */
  async settled(databaseId: string): Promise<void> {
    if (!this.#required.has(databaseId)) {
      return;
    }
    const lease = this.#openLog(databaseId);
    const { log } = lease;
    log.poll();
    const { id, position } = log;
    lease.close();
    const isStored = (): boolean => {
      const stored = this.#stored.get(databaseId);
      return stored?.logId === id && stored.frame >= position;
    };
    if (isStored()) {
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (isStored()) {
        resolve();
      }
    };
    const waiting = this.#waiting.get(databaseId) ?? new Set();
    this.#waiting.set(databaseId, waiting.add(look));
    const timer = setTimeout(() => reject(new SkerryError('OFF_SITE_NOT_STORED')), this.#patienceMs);
    this.#await(databaseId);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      waiting.delete(look);
    }
  }
}
