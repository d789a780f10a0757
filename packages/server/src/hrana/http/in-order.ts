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
  #isStarting = false;
  /** When the event loop last turned between two pieces of work. */
  #turnedMs = 0;

  add(work: () => Promise<void>): void {
    this.#queue.push(work);
    if (!this.#isStarting) {
      this.#turnedMs = performance.now();
      this.#startNext();
    }
  }

  #startNext(): void {
    const work = this.#queue.shift();
    this.#isStarting = work !== undefined;
    if (work === undefined) {
      return;
    }
    let hasGoneOn = false;
    const goOn = (): void => {
      if (!hasGoneOn) {
        hasGoneOn = true;
        clearImmediate(patience);
        this.#startNext();
      }
    };
    // When this comes, the work waits: whatever runs through without waiting is done before.
    const patience = setImmediate(() => {
      this.#turnedMs = performance.now();
      goOn();
    });
    const afterWork = (): void => {
      // A long queue of short work must not look like one long piece: the loop turns, answers leave, pings are answered.
      if (performance.now() - this.#turnedMs < TURN_MS) {
        goOn();
      }
    };
    void work().then(afterWork, afterWork);
  }
}
