import { expect, test } from 'vitest';

import { OwnLateness } from './own-lateness.ts';

test('a late look counts at once and fades, and looks in time count nothing', () => {
  const lateness = new OwnLateness(10);
  lateness.begin(100);
  lateness.look(110);
  expect(lateness.ms).toBe(0);
  lateness.look(170);
  expect(lateness.ms).toBe(50);
  lateness.look(180);
  expect(lateness.ms).toBe(40);
});

test('the time in which nobody looked is no lateness', () => {
  const lateness = new OwnLateness(10);
  lateness.begin(0);
  lateness.look(10);
  lateness.begin(60_000);
  lateness.look(60_010);
  expect(lateness.ms).toBe(0);
});
