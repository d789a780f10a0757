/**
 * Starts work in the order in which it came, and the next only when the one before is done or waits for something.
 *
 * Requests come many in one read of the socket. If all were begun at once, a request that then blocks the process would
 * make the others look as if they had begun too; the gateway could not hand them to another host when this one ends.
 *
 * @module
 */
const TURN_MS = 4;

export class InOrder {
  readonly #queue: (() => Promise<void>)[] = [];
  /** What was started last, until the next may start. */
  #current: (() => Promise<void>) | undefined;
  #willTurn = false;
  /** When the event loop last turned between two pieces of work. */
  #turnedMs = 0;

  add(work: () => Promise<void>): void {
    this.#queue.push(work);
    if (this.#current === undefined) {
      this.#turnedMs = performance.now();
      this.#startNext();
    }
  }

  /** As `add`, for who wants what the work gives. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    return await new Promise((resolve, reject) => {
      this.add(async () => await work().then(resolve, reject));
    });
  }

  #startNext(): void {
    const work = this.#queue.shift();
    this.#current = work;
    if (work === undefined) {
      return;
    }
    const afterWork = (): void => {
      // A long queue of short work must not look like one long piece: the loop turns, answers leave, pings are answered.
      if (this.#current === work && performance.now() - this.#turnedMs < TURN_MS) {
        this.#startNext();
      }
    };
    void work().then(afterWork, afterWork);
    this.#turnLater();
  }

  /** When the loop turns, what runs then waits: whatever runs through without waiting is done before. */
  #turnLater(): void {
    if (this.#willTurn) {
      return;
    }
    this.#willTurn = true;
    setImmediate(() => {
      this.#willTurn = false;
      this.#turnedMs = performance.now();
      if (this.#current !== undefined) {
        this.#startNext();
      }
    });
  }
}
