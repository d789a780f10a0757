/**
 * Who may write to one database: one connection at a time, in the order in which they asked. SQLite's own lock knows no
 * order and cannot wait without blocking the thread.
 *
 * A transaction that has held the lock for longer than its time loses it when another waits for it, and not before.
 *
 * @module
 */

export interface Writer {
  /** Rolls the writer's transaction back; the writer tells its client when that asks next. */
  takeAway(): void;
  /** Another one asks for the lock, and this one may release it at once. */
  giveWay?(): void;
}

interface Waiting {
  readonly writer: Writer;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class WriteQueue {
  readonly #transactionMs: number;
  readonly #waiting: Waiting[] = [];
  #holder: Writer | undefined;
  #heldSinceMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(transactionMs: number) {
    this.#transactionMs = transactionMs;
  }

  holds(writer: Writer): boolean {
    return this.#holder === writer;
  }

  /** True when the writer has the lock now; it does not wait for it otherwise. */
  takeNow(writer: Writer): boolean {
    if (this.#holder !== writer) {
      this.#holder?.giveWay?.();
    }
    if (this.#holder === undefined) {
      this.#give(writer);
    }
    return this.#holder === writer;
  }

  /** Undefined when the writer has the lock at once; else a promise for its turn, rejected by `forget`. */
  acquire(writer: Writer): Promise<void> | undefined {
    if (this.takeNow(writer)) {
      return undefined;
    }
    const turn = new Promise<void>((resolve, reject) => this.#waiting.push({ writer, resolve, reject }));
    this.#watchHolder();
    return turn;
  }

  /** Gives the lock on. Nothing happens when the writer does not have it. */
  release(writer: Writer): void {
    if (this.#holder !== writer) {
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#holder = undefined;
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#give(next.writer);
      next.resolve();
      this.#watchHolder();
    }
  }

  /** The writer is gone: it neither has the lock nor waits for it. */
  forget(writer: Writer, error: () => Error): void {
    const index = this.#waiting.findIndex((waiting) => waiting.writer === writer);
    if (index !== -1) {
      this.#waiting.splice(index, 1)[0]?.reject(error());
    }
    this.release(writer);
  }

  #give(writer: Writer): void {
    this.#holder = writer;
    this.#heldSinceMs = performance.now();
  }

  /** As long as somebody waits, the holder's time is watched. */
  #watchHolder(): void {
    if (this.#waiting.length === 0 || this.#timer !== undefined) {
      return;
    }
    const leftMs = this.#heldSinceMs + this.#transactionMs - performance.now();
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, leftMs));
  }

  #expire(): void {
    this.#timer = undefined;
    const holder = this.#holder;
    if (holder !== undefined && this.#waiting.length > 0) {
      holder.takeAway();
      this.release(holder);
    }
  }
}
