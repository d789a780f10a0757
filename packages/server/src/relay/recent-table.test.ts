import { expect, test } from 'vitest';

import { RecentTable } from './recent-table.ts';

/** A generator of numbers that are the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

test('holds what a Map would hold, however long some of it stays', () => {
  const next = numbers(7);
  const table = new RecentTable<{ readonly id: number }>();
  const expected = new Map<number, { readonly id: number }>();
  for (let id = 1; id <= 20_000; id += 1) {
    const value = { id };
    table.add(id, value);
    expected.set(id, value);
    // Most go soon, one in fifty stays until chance takes it.
    const gone = next(50) === 0 ? next(id) : id - next(100);
    table.delete(gone);
    expected.delete(gone);
    const asked = next(id + 10);
    expect(table.get(asked)).toBe(expected.get(asked));
    expect(table.size).toBe(expected.size);
  }
  expect(expected.size).toBeGreaterThan(1_500);
  expect(table.values()).toEqual([...expected.values()]);
  for (const id of expected.keys()) {
    table.delete(id);
  }
  expect(table.size).toBe(0);
  expect(table.values()).toEqual([]);
});
