/**
 * Heads as text, each made once. Most requests on a socket bring a head that was there before: the same client, path and
 * rights. To make the text from the object, and the object from the text, would cost as much as the rest of the relay.
 *
 * Who gets a head shares it with others and must not change it.
 *
 * @module
 */

/** Beyond so many different heads all are forgotten: those in use come again at once. */
const READ_MAX = 1_000;
/** A longer head has too much of its own to come again. */
const READ_MAX_CHARACTERS = 4_096;

/** Of heads that are sent: whoever sends the same object again saves the work. */
export class HeadWriter {
  readonly #texts = new WeakMap<object, string>();

  text(head: object): string {
    let text = this.#texts.get(head);
    if (text === undefined) {
      text = JSON.stringify(head);
      this.#texts.set(head, text);
    }
    return text;
  }
}

/** Of heads that come: the same text is the same object. */
export class HeadReader {
  readonly #heads = new Map<string, unknown>();

  read(text: string): unknown {
    const known = this.#heads.get(text);
    if (known !== undefined || text.length > READ_MAX_CHARACTERS) {
      return known ?? JSON.parse(text);
    }
    if (this.#heads.size >= READ_MAX) {
      this.#heads.clear();
    }
    const head: unknown = JSON.parse(text);
    this.#heads.set(text, head);
    return head;
  }
}
