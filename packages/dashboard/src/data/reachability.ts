/**
 * Whether the server answers: one fact for the whole page, whoever found out.
 *
 * @module
 */
export class Reachability {
  #isGone = false;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly isGone = (): boolean => this.#isGone;

  gone(): void {
    this.#set(true);
  }

  back(): void {
    this.#set(false);
  }

  #set(isGone: boolean): void {
    if (isGone !== this.#isGone) {
      this.#isGone = isGone;
      for (const listener of this.#listeners) {
        listener();
      }
    }
  }
}
