/**
 * What consecutive frames are, without their pages: page number, and the database's size on those that commit. 8 bytes
 * for a frame.
 *
 * @module
 */
const FIRST_CAPACITY = 64;

export class FrameIndex {
  /** Pairs of page number and size. */
  #entries = new Uint32Array(2 * FIRST_CAPACITY);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push(pageNo: number, sizeAfter: number): void {
    if (2 * this.#count === this.#entries.length) {
      const grown = new Uint32Array(2 * this.#entries.length);
      grown.set(this.#entries);
      this.#entries = grown;
    }
    this.#entries[2 * this.#count] = pageNo;
    this.#entries[2 * this.#count + 1] = sizeAfter;
    this.#count += 1;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Of the frame at a 0-based index. */
  pageNo(index: number): number {
    return this.#entries[2 * index] ?? 0;
  }

  sizeAfter(index: number): number {
    return this.#entries[2 * index + 1] ?? 0;
  }
}
