/**
 * Who wants to hear of changes, by database. Streams tell it what they have committed; nothing is worked out for a
 * database that nobody listens to.
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
    return this.#listeners.has(databaseId);
  }

  tell(databaseId: string, changes: Iterable<CountedChange>): void {
    for (const listener of this.#listeners.get(databaseId) ?? []) {
      for (const change of changes) {
        listener(change);
      }
    }
  }
}
