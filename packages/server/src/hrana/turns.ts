/**
 * One request's work shares the event loop with everybody else's: between its statements, others get a turn.
 *
 * @module
 */
import { setImmediate as turn } from 'node:timers/promises';

/** Work goes on for so long in one go. A turn costs some microseconds when nobody else wants it. */
const TURN_MS = 5;

export class Turns {
  #sinceMs = performance.now();

  /** Await this between two pieces of work; undefined when it is not yet the others' turn. */
  offer(): Promise<void> | undefined {
    return performance.now() - this.#sinceMs > TURN_MS ? this.#give() : undefined;
  }

  async #give(): Promise<void> {
    await turn();
    this.#sinceMs = performance.now();
  }
}
