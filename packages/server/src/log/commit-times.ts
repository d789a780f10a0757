/**
 * When frames were committed, for those that are not sealed yet. One entry a second at most: restores ask for seconds.
 *
 * @module
 */
import type { CommitTime } from './segment.ts';

const SPACING_MS = 1_000;

export class CommitTimes {
  #list: CommitTime[] = [];

  get list(): readonly CommitTime[] {
    return this.#list;
  }

  /** Frames up to this number are committed now. */
  saw(frame: number): void {
    const unixMs = Date.now();
    const last = this.#list.at(-1);
    if (last !== undefined && unixMs - last.unixMs < SPACING_MS && unixMs >= last.unixMs) {
      this.#list[this.#list.length - 1] = { frame, unixMs: last.unixMs };
    } else {
      this.#list.push({ frame, unixMs });
    }
  }

  /** Hands over the entries up to a frame. */
  take(frame: number): CommitTime[] {
    const taken = this.#list.filter((time) => time.frame <= frame);
    this.#list = this.#list.slice(taken.length);
    return taken;
  }

  clear(): void {
    this.#list = [];
  }
}
