/**
 * Who wants to hear of changes, by database: listeners here, and those of other hosts. Streams tell it what they have
 * committed; nothing is worked out for a database that nobody listens to.
 *
 * @module
 */
import type { Change } from './change.ts';

export interface CountedChange extends Change {
  readonly rows: number;
}

type Listener = (change: CountedChange) => void;

export class ChangeFeed {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #heard = new Set<string>();
  readonly #pass: (databaseId: string, changes: readonly CountedChange[]) => void;

  /** @param pass hands what was committed here to the other hosts */
  constructor(pass: (databaseId: string, changes: readonly CountedChange[]) => void) {
    this.#pass = pass;
  }

  /** Somebody listens to the database in some host, or nobody any more. */
  hear(databaseId: string, isHeard: boolean): void {
    if (isHeard) {
      this.#heard.add(databaseId);
    } else {
      this.#heard.delete(databaseId);
    }
  }

  /** @returns ends it */
  listen(databaseId: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(databaseId) ?? new Set();
    this.#listeners.set(databaseId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(databaseId) === listeners) {
        this.#listeners.delete(databaseId);
      }
    };
  }

  isHeard(databaseId: string): boolean {
    return this.#heard.has(databaseId) || this.#listeners.has(databaseId);
  }

  /** Committed here. */
  tell(databaseId: string, changes: readonly CountedChange[]): void {
    this.told(databaseId, changes);
    if (this.#heard.has(databaseId)) {
      this.#pass(databaseId, changes);
    }
  }

  /** Committed in another host. */
  told(databaseId: string, changes: readonly CountedChange[]): void {
    for (const listener of this.#listeners.get(databaseId) ?? []) {
      for (const change of changes) {
        listener(change);
      }
    }
  }
}
