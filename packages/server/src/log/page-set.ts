/** Which pages, by number: one bit each. */
export class PageSet {
  #bits = new Uint8Array(1024);

  has(pageNo: number): boolean {
    return ((this.#bits[pageNo >> 3] ?? 0) & (1 << (pageNo & 7))) !== 0;
  }

  add(pageNo: number): void {
    const at = pageNo >> 3;
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(at + 1, 2 * this.#bits.length));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (pageNo & 7));
  }
}
