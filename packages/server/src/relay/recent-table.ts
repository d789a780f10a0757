/**
 * Values by rising ids, most of which come and go quickly: what requests need while they are on their way.
 *
 * A `Map` would do but for the garbage collector. A Map that is added to and deleted from all the time makes itself a new
 * table again and again; the old ones have grown old with it, and until the next full collection they keep alive what
 * was in them. So nearly every request would outlive its young days and be copied twice, which is a fifth of all the
 * time that a busy gateway has.
 *
 * Here the latest ids have a fixed place each. What is still there when its place is needed again moves to a Map.
 *
 * @module
 */
const PLACES = 1024;

export class RecentTable<Value extends object> {
  readonly #ids: number[] = Array.from({ length: PLACES }, () => -1);
  readonly #values: (Value | undefined)[] = Array.from({ length: PLACES });
  readonly #older = new Map<number, Value>();
  #recentCount = 0;

  get size(): number {
    return this.#recentCount + this.#older.size;
  }

  /** @param id a whole number, not negative, that is not there yet */
  add(id: number, value: Value): void {
    const place = id % PLACES;
    const occupant = this.#values[place];
    const occupantId = this.#ids[place];
    if (occupant !== undefined && occupantId !== undefined) {
      this.#older.set(occupantId, occupant);
    } else {
      this.#recentCount += 1;
    }
    this.#ids[place] = id;
    this.#values[place] = value;
  }

  get(id: number): Value | undefined {
    const place = id % PLACES;
    return this.#ids[place] === id ? this.#values[place] : this.#older.get(id);
  }

  delete(id: number): void {
    const place = id % PLACES;
    if (this.#ids[place] !== id) {
      this.#older.delete(id);
    } else if (this.#values[place] !== undefined) {
      this.#values[place] = undefined;
      this.#recentCount -= 1;
    }
  }

  /** All of them, as they are now, in the order of their ids. */
  values(): Value[] {
    const found: [id: number, value: Value][] = [...this.#older];
    this.#values.forEach((value, place) => {
      if (value !== undefined) {
        found.push([this.#ids[place] ?? -1, value]);
      }
    });
    return found.sort(([a], [b]) => a - b).map(([, value]) => value);
  }
}
