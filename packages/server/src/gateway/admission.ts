/**
 * How much work may be on its way at once. What is over is refused at once with 429, which clients understand, rather
 * than left to wait for an unknown time; the share of one database leaves room for the others.
 *
 * @module
 */
export interface AdmissionLimits {
  readonly total: number;
  readonly perDatabase: number;
}

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #byDatabase = new Map<string, number>();
  #total = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Takes a place; false when there is none. Give it back with `leave`, once. */
  enter(databaseId: string): boolean {
    const own = this.#byDatabase.get(databaseId) ?? 0;
    if (this.#total >= this.#limits.total || own >= this.#limits.perDatabase) {
      return false;
    }
    this.#total += 1;
    this.#byDatabase.set(databaseId, own + 1);
    return true;
  }

  leave(databaseId: string): void {
    const own = this.#byDatabase.get(databaseId) ?? 0;
    this.#total -= 1;
    if (own > 1) {
      this.#byDatabase.set(databaseId, own - 1);
    } else {
      this.#byDatabase.delete(databaseId);
    }
  }

  get inFlight(): number {
    return this.#total;
  }
}
