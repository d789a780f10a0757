/**
 * By how much this process has been late of late. On a busy machine everything is slow to answer: a host is stuck only
 * when it is slower than what asks it.
 *
 * @module
 */

/** Of how late it was, what counts at the next look. */
const KEPT = 0.8;

export class OwnLateness {
  readonly #everyMs: number;
  #lookedAtMs = 0;
  #lateMs = 0;

  /** @param everyMs how often `look` is to be called */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  get ms(): number {
    return this.#lateMs;
  }

  /** Regular looks begin. */
  begin(nowMs: number): void {
    this.#lookedAtMs = nowMs;
  }

  /** Calls back regularly and notes how late that is. @returns for `clearInterval` */
  every(listener: () => void): NodeJS.Timeout {
    this.begin(performance.now());
    return setInterval(() => {
      this.look(performance.now());
      listener();
    }, this.#everyMs);
  }

  look(nowMs: number): void {
    this.#lateMs = Math.max(nowMs - this.#lookedAtMs - this.#everyMs, this.#lateMs * KEPT, 0);
    this.#lookedAtMs = nowMs;
  }
}
