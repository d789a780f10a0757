import { expect, test } from 'vitest';

import { Waiting } from './waiting.ts';

test('a database that cannot be read delays no other, still counts as waiting, and is looked at again', () => {
  const waiting = new Waiting();
  waiting.add('broken', 1_000);
  waiting.add('sound', 2_000);
  expect(waiting.take()).toEqual([
    ['broken', 1_000],
    ['sound', 2_000],
  ]);
  waiting.failed('broken', 'disk I/O error', 1_000);
  waiting.add('broken', 3_000);
  waiting.add('sound', 4_000);
  expect(waiting.take()).toEqual([['sound', 4_000]]);
  expect({ count: waiting.count, oldest: waiting.oldestMs, problem: waiting.problem }).toEqual({
    count: 1,
    oldest: 1_000,
    problem: 'disk I/O error',
  });
  while (!waiting.isReady) {
    // Its time comes within a moment.
  }
  expect(waiting.take()).toEqual([['broken', 1_000]]);
  waiting.succeeded('broken');
  expect({ count: waiting.count, oldest: waiting.oldestMs, problem: waiting.problem }).toEqual({
    count: 0,
    oldest: undefined,
    problem: undefined,
  });
});
