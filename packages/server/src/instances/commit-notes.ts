/**
 * Tells which databases have new commits, once a turn of the event loop.
 *
 * @module
 */
export class CommitNotes {
  readonly #send: (databaseIds: readonly string[]) => void;
  #databaseIds = new Set<string>();

  constructor(send: (databaseIds: readonly string[]) => void) {
    this.#send = send;
  }

  note(databaseId: string): void {
    if (this.#databaseIds.size === 0) {
      setImmediate(() => {
        const databaseIds = [...this.#databaseIds];
        this.#databaseIds = new Set();
        this.#send(databaseIds);
      });
    }
    this.#databaseIds.add(databaseId);
  }
}
