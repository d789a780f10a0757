import { expect, test } from 'vitest';

import { Slot } from './slot.ts';

test('a host that dies at its start is started again after pauses that double, up to half a minute', () => {
  const slot = new Slot(0);
  const pauses = Array.from({ length: 9 }, () => slot.ended('crash', false, 0));
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(slot.isPausing).toBe(true);
});

test('one that answers and then dies early is started again at once, and after longer and longer pauses when that goes on', () => {
  const slot = new Slot(0);
  const pauses = Array.from({ length: 10 }, () => slot.ended('crash', true, 999));
  expect(pauses).toEqual([0, 0, 0, 0, 0, 250, 500, 1_000, 2_000, 2_000]);
  expect(slot.isPausing).toBe(true);
});

test.each([
  ['has lived for a while', 'crash', 1_000],
  ['was ended for a statement', 'deadline', 0],
] as const)('one that %s is started again at once, and what was before is forgotten', (_, cause, endedMs) => {
  const slot = new Slot(0);
  slot.ended('crash', false, 0);
  expect(slot.ended('crash', false, 0)).toBe(500);
  expect(slot.ended(cause, true, endedMs)).toBe(0);
  expect(slot.isPausing).toBe(false);
  expect(slot.ended('crash', false, 0)).toBe(250);
});
