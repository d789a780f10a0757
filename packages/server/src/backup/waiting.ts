/**
 * Databases that may have commits which are not stored, each with the time since when. One that could not be read is looked
 * at again after a while, so that it delays no other.
 *
 * @module
 */
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 15_000;

interface Failure {
  readonly message: string;
  readonly sinceMs: number;
  readonly waitMs: number;
  /** Infinity: it is being looked at. */
  againMs: number;
}

export class Waiting {
  readonly #since = new Map<string, number>();
  readonly #failures = new Map<string, Failure>();

  get count(): number {
    return new Set([...this.#since.keys(), ...this.#failures.keys()]).size;
  }

  /** Something can be stored now. */
  get isReady(): boolean {
    return this.#since.size > 0 || this.#due().length > 0;
  }

  /** Since when the one that has waited longest does. */
  get oldestMs(): number | undefined {
    let oldest = Infinity;
    for (const sinceMs of this.#since.values()) {
      oldest = Math.min(oldest, sinceMs);
    }
    for (const { sinceMs } of this.#failures.values()) {
      oldest = Math.min(oldest, sinceMs);
    }
    return oldest === Infinity ? undefined : oldest;
  }

  /** Of one database that cannot be read. */
  get problem(): string | undefined {
    return this.#failures.values().next().value?.message;
  }

  add(databaseId: string, sinceMs = Date.now()): void {
    const failure = this.#failures.get(databaseId);
    if (failure === undefined || failure.againMs === Infinity) {
      this.#since.set(databaseId, Math.min(this.#since.get(databaseId) ?? Infinity, sinceMs));
    }
  }

  /** All that can be looked at now, each with the time since when it waits. */
  take(): [string, number][] {
    for (const [databaseId, failure] of this.#due()) {
      failure.againMs = Infinity;
      this.add(databaseId, failure.sinceMs);
    }
    const taken = [...this.#since];
    this.#since.clear();
    return taken;
  }

  failed(databaseId: string, message: string, sinceMs: number): void {
    const before = this.#failures.get(databaseId);
    const waitMs = Math.min(before === undefined ? RETRY_FIRST_MS : 2 * before.waitMs, RETRY_MAX_MS);
    this.#since.delete(databaseId);
    this.#failures.set(databaseId, { message, sinceMs, waitMs, againMs: Date.now() + waitMs });
  }

  /** It could be read, or is gone. */
  succeeded(databaseId: string): void {
    this.#failures.delete(databaseId);
  }

  #due(): [string, Failure][] {
    const nowMs = Date.now();
    return [...this.#failures].filter(([, { againMs }]) => againMs <= nowMs);
  }
}
