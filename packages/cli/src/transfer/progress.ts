/**
 * How far a transfer is, for a person who watches: one line on standard error that is written over. In a pipe, a log or
 * CI there is none.
 *
 * @module
 */
import type { Terminal } from '../command.ts';
import { bytes } from '../output/table.ts';

const BAR_CELLS = 24;
/** A terminal need not be told more often. */
const REDRAW_MS = 100;
const CLEAR_LINE = '\r\u001B[2K';

export class Progress implements Disposable {
  readonly #terminal: Terminal;
  readonly #label: string;
  readonly #totalBytes: number | undefined;
  readonly #startedAtMs = performance.now();
  #drawnAtMs = 0;

  /** @param totalBytes undefined when nobody knows */
  constructor(terminal: Terminal, label: string, totalBytes?: number) {
    this.#terminal = terminal;
    this.#label = label;
    this.#totalBytes = totalBytes;
  }

  /** `doneBytes` so far, in total. */
  update(doneBytes: number): void {
    const nowMs = performance.now();
    if (this.#terminal.showsProgress === true && nowMs - this.#drawnAtMs >= REDRAW_MS) {
      this.#drawnAtMs = nowMs;
      const perSecond = doneBytes / Math.max(0.001, (nowMs - this.#startedAtMs) / 1000);
      this.#terminal.err(`${CLEAR_LINE}${this.#label} ${this.#bar(doneBytes)} ${bytes(Math.round(perSecond))}/s`);
    }
  }

  [Symbol.dispose](): void {
    if (this.#drawnAtMs > 0) {
      this.#terminal.err(CLEAR_LINE);
    }
  }

  #bar(doneBytes: number): string {
    const total = this.#totalBytes;
    if (total === undefined || total === 0) {
      return bytes(doneBytes);
    }
    const share = Math.min(1, doneBytes / total);
    const cells = Math.round(share * BAR_CELLS);
    return `[${'#'.repeat(cells)}${'.'.repeat(BAR_CELLS - cells)}] ${Math.round(share * 100)} % of ${bytes(total)}`;
  }
}
