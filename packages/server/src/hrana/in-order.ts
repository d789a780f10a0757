/**
 * Starts work in the order in which it came, and the next only when the one before is done or waits for something.
 *
 * Requests come many in one read of the socket. If all were begun at once, a request that then blocks the process would
 * make the others look as if they had begun too; the gateway could not hand them to another host when this one ends.
 *
 * @module
 */
const TURN_MS = 4;

/** Undefined: it is done. It must not throw. */
type Work = () => Promise<void> | undefined;

export class InOrder {
  readonly #queue: Work[] = [];
  /** What was started last, until the next may start. */
  #current: Work | undefined;
  #willTurn = false;
  /** When the event loop turned, as far as it is known here. */
  #turnedMs = 0;

  add(work: Work): void {
    this.#queue.push(work);
    this.#goOn();
  }

  /** As `add`, for who wants what the work gives. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    return await new Promise((resolve, reject) => {
      this.add(async () => await work().then(resolve, reject));
    });
  }

  #goOn(): void {
    this.#expectTurn();
    // A long queue of short work must not look like one long piece: the loop turns, answers leave, pings are answered.
    while (this.#current === undefined && performance.now() - this.#turnedMs < TURN_MS) {
      const work = this.#queue.shift();
      if (work === undefined) {
        return;
      }
      this.#current = work;
      const ending = work();
      if (ending === undefined) {
        this.#current = undefined;
      } else {
        const ended = (): void => this.#ended(work);
        void ending.then(ended, ended);
      }
    }
  }

  #ended(work: Work): void {
    if (this.#current === work) {
      this.#current = undefined;
      this.#goOn();
    }
  }

  /** When the loop turns, what runs then waits: whatever runs through without waiting is done before. */
  #expectTurn(): void {
    if (this.#willTurn) {
      return;
    }
    this.#willTurn = true;
    this.#turnedMs = performance.now();
    setImmediate(() => {
      this.#willTurn = false;
      this.#current = undefined;
      if (this.#queue.length > 0) {
        this.#goOn();
      }
    });
  }
}
