/**
 * The body of a cursor in JSON, on its way through the gateway: it has an entry for what goes wrong after rows have left,
 * and a host that was ended at its deadline cannot write it any more.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';

import type { Refusal } from './answers.ts';

const NEWLINE = 10;

export class CursorLines {
  readonly #response: ServerResponse;
  #isWhole = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** What the host has sent. */
  sent(bytes: Buffer): void {
    this.#isWhole = bytes.length === 0 ? this.#isWhole : bytes.at(-1) === NEWLINE;
  }

  /** False when no line was sent, or the last one is not whole. */
  endWith({ code, message }: Refusal): boolean {
    if (!this.#isWhole || this.#response.statusCode !== 200 || this.#response.destroyed) {
      return false;
    }
    this.#response.end(`${JSON.stringify({ type: 'error', error: { message, code } })}\n`);
    return true;
  }
}
