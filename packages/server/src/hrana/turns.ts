/**
 * One request's work shares the event loop with everybody else's: between its statements, others get a turn. Before each,
 * not after: what has run its last statement answers at once, or it might be lost in another's turn.
 *
 * @module
 */
import { setImmediate as turn } from 'node:timers/promises';

/** Work goes on for so long in one go. A turn costs some microseconds when nobody else wants it. */
const TURN_MS = 5;

export class Turns {
  #sinceMs = performance.now();

  /** The others have not had their turn for too long. */
  get areDue(): boolean {
    return performance.now() - this.#sinceMs > TURN_MS;
  }

  /** Await this before each piece of work; undefined when it is not yet the others' turn. */
  offer(): Promise<void> | undefined {
    return this.areDue ? this.#give() : undefined;
  }

  async #give(): Promise<void> {
    await turn();
    this.#sinceMs = performance.now();
  }
}
