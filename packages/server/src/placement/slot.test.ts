import { expect, test } from 'vitest';

import { Slot } from './slot.ts';

test('a host that dies at its start is started again after pauses that double, up to half a minute', () => {
  const slot = new Slot(0);
  const pauses = Array.from({ length: 9 }, () => slot.ended('crash', false));
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(slot.isPausing).toBe(true);
});

test('one that has answered, or was ended for a statement, is started again at once', () => {
  const slot = new Slot(0);
  slot.ended('crash', false);
  expect(slot.ended('deadline', false)).toBe(0);
  expect(slot.isPausing).toBe(false);
  expect(slot.ended('crash', true)).toBe(0);
  expect(slot.isPausing).toBe(false);
  expect(slot.ended('crash', false)).toBe(250);
});
