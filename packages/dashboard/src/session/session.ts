/**
 * Who is signed in. A token that was typed in lives in this object and nowhere else: a reload forgets it, and a script
 * that got into the page would find nothing stored. A session by cookie is the browser's and is never seen here.
 *
 * @module
 */
export class Session {
  #token: string | undefined;

  /** The API token to send, when this session has one of its own. */
  get token(): string | undefined {
    return this.#token;
  }

  useToken(token: string): void {
    this.#token = token;
  }

  forget(): void {
    this.#token = undefined;
  }
}
