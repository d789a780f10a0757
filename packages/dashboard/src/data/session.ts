/**
 * Who is signed in. The browser holds the session as a cookie that no script can read; all that is known here is
 * whether the server has taken it before, so that its end can be told from never having had one.
 *
 * @module
 */
export class Session {
  #isKnown = false;

  get isKnown(): boolean {
    return this.#isKnown;
  }

  accepted(): void {
    this.#isKnown = true;
  }

  forget(): void {
    this.#isKnown = false;
  }
}
