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

const nothing: Work = () => undefined;

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

  /** Runs work that waits for nothing, if its turn is now. Undefined when it is not, as when the work gives that. */
  now<Result>(work: () => Result | undefined): Result | undefined {
    this.#expectTurn();
    if (this.#current !== undefined || this.#queue.length > 0 || !this.#mayGoOn) {
      return undefined;
    }
    this.#current = nothing;
    try {
      return work();
    } finally {
      this.#current = undefined;
      this.#goOn();
    }
  }

  /** As `add`, for who wants what the work gives. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    return await new Promise((resolve, reject) => {
      this.add(async () => await work().then(resolve, reject));
    });
  }

  /** A long queue of short work must not look like one long piece: the loop turns, answers leave, pings are answered. */
  get #mayGoOn(): boolean {
    return performance.now() - this.#turnedMs < TURN_MS;
  }

  #goOn(): void {
    this.#expectTurn();
    while (this.#current === undefined && this.#mayGoOn) {
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
