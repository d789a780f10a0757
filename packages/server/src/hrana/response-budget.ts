/**
 * What answers may take of the host's memory. One request has a limit of its own; and all requests of one database
 * together have one, for as long as their clients have not taken the answers, so that no database can take the memory
 * that all of them share.
 *
 * @module
 */

/** How many answers of the largest size a database may have in the making or on the way. */
const ANSWERS_MAX = 16;
/** Databases that are remembered although nothing is taken: to forget one and add it again costs more (recent-table.ts). */
const KEPT_MAX = 1_000;

export class ResponseBudgets {
  readonly #maxBytes: number;
  readonly #takenBytes = new Map<string, number>();

  /** @param maxBytes of one request's results */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  begin(databaseId: string): ResponseBudget {
    return new ResponseBudget(this, databaseId, this.#maxBytes);
  }

  /** What all requests of the database may still take. */
  leftBytes(databaseId: string): number {
    return this.#maxBytes * ANSWERS_MAX - (this.#takenBytes.get(databaseId) ?? 0);
  }

  /** @param bytes negative to give back */
  take(databaseId: string, bytes: number): void {
    const takenBytes = (this.#takenBytes.get(databaseId) ?? 0) + bytes;
    if (takenBytes > 0 || this.#takenBytes.size <= KEPT_MAX) {
      this.#takenBytes.set(databaseId, takenBytes);
    } else {
      this.#takenBytes.delete(databaseId);
    }
  }
}

/** Of one request. Must be released when its client has the answer, or is gone. */
export class ResponseBudget {
  readonly #budgets: ResponseBudgets;
  readonly #databaseId: string;
  readonly #maxBytes: number;
  #takenBytes = 0;

  constructor(budgets: ResponseBudgets, databaseId: string, maxBytes: number) {
    this.#budgets = budgets;
    this.#databaseId = databaseId;
    this.#maxBytes = maxBytes;
  }

  get leftBytes(): number {
    return Math.min(this.#maxBytes - this.#takenBytes, this.#budgets.leftBytes(this.#databaseId));
  }

  take(bytes: number): void {
    if (bytes > 0) {
      this.#takenBytes += bytes;
      this.#budgets.take(this.#databaseId, bytes);
    }
  }

  /** Safe to call twice. */
  release(): void {
    if (this.#takenBytes > 0) {
      this.#budgets.take(this.#databaseId, -this.#takenBytes);
      this.#takenBytes = 0;
    }
  }
}
