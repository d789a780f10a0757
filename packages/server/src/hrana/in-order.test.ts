import { expect, test } from 'vitest';

import { InOrder } from './in-order.ts';

test('work that does not wait is done before the next begins', async () => {
  const order: string[] = [];
  const inOrder = new InOrder();
  const all = Promise.withResolvers<void>();
  for (const name of ['a', 'b', 'c']) {
    inOrder.add(async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      await Promise.resolve();
      order.push(`${name} ends`);
      if (name === 'c') {
        all.resolve();
      }
    });
  }
  await all.promise;
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('work that waits does not hold up the next, and neither does work that fails', async () => {
  const order: string[] = [];
  const inOrder = new InOrder();
  const first = Promise.withResolvers<void>();
  const third = Promise.withResolvers<void>();
  inOrder.add(async () => {
    await first.promise;
    order.push('first');
  });
  inOrder.add(async () => await Promise.reject(new Error('second')));
  inOrder.add(async () => {
    order.push('third');
    third.resolve();
    await Promise.resolve();
  });
  await third.promise;
  first.resolve();
  await first.promise;
  expect(order).toEqual(['third', 'first']);
});
