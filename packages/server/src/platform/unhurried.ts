/**
 * Long work on the store in steps. SQLite answers at once, so a loop of a hundred thousand statements would keep
 * everybody else's requests waiting, although it consists of nothing but `await`.
 *
 * @module
 */
import { setImmediate as afterOthers } from 'node:timers/promises';

const ITEMS_AT_ONCE = 100;

/** The items, with a pause for everything else that waits after every hundred. */
export async function* unhurried<T>(items: Iterable<T>): AsyncGenerator<T> {
  let count = 0;
  for (const item of items) {
    yield item;
    count += 1;
    if (count % ITEMS_AT_ONCE === 0) {
      await afterOthers();
    }
  }
}
