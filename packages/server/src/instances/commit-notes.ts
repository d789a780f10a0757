/**
 * Tells which databases have new commits, once a turn of the event loop.
 *
 * @module
 */
export class CommitNotes {
  readonly #send: (databaseIds: readonly string[], isAwaited: boolean) => void;
  #databaseIds = new Set<string>();
  #isAwaited = false;

  constructor(send: (databaseIds: readonly string[], isAwaited: boolean) => void) {
    this.#send = send;
  }

  /** @param isAwaited somebody waits until the backup has them */
  note(databaseId: string, isAwaited = false): void {
    if (this.#databaseIds.size === 0) {
      setImmediate(() => {
        const databaseIds = [...this.#databaseIds];
        const awaited = this.#isAwaited;
        this.#databaseIds = new Set();
        this.#isAwaited = false;
        this.#send(databaseIds, awaited);
      });
    }
    this.#databaseIds.add(databaseId);
    this.#isAwaited ||= isAwaited;
  }
}
