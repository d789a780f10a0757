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

test('work that is done at once is done in order, also what it brings about', async () => {
  const order: string[] = [];
  const inOrder = new InOrder();
  const waits = Promise.withResolvers<void>();
  const last = Promise.withResolvers<void>();
  const now = (name: string, then?: () => void) => (): undefined => {
    order.push(name);
    then?.();
    order.push(`${name} ends`);
  };
  inOrder.add(now('a', () => inOrder.add(now('b'))));
  inOrder.add(async () => {
    order.push('c waits');
    await waits.promise;
  });
  inOrder.add(now('d', () => last.resolve()));
  expect(order).toEqual(['a', 'a ends', 'b', 'b ends', 'c waits']);
  await last.promise;
  expect(order.slice(5)).toEqual(['d', 'd ends']);
  waits.resolve();
});

function spin(): undefined {
  const endMs = performance.now() + 2;
  while (performance.now() < endMs) {
    // As a statement does.
  }
}

test('a long queue of short work lets the event loop turn', async () => {
  const inOrder = new InOrder();
  let turns = 0;
  let isDone = false;
  const turned = (): void => {
    turns += 1;
    if (!isDone) {
      setImmediate(turned);
    }
  };
  setImmediate(turned);
  const { promise, resolve } = Promise.withResolvers<void>();
  for (let count = 0; count < 20; count += 1) {
    inOrder.add(spin);
  }
  inOrder.add(() => {
    isDone = true;
    resolve();
  });
  await promise;
  expect(turns).toBeGreaterThan(3);
});

test('what is to be done now is done when nothing is before it, and not otherwise', async () => {
  const order: string[] = [];
  const inOrder = new InOrder();
  const waits = Promise.withResolvers<void>();
  const said = inOrder.now(() => {
    order.push('now');
    inOrder.add(() => {
      order.push('after');
      return undefined;
    });
    expect(inOrder.now(() => 'nested')).toBeUndefined();
    return 'done';
  });
  expect([said, order]).toEqual(['done', ['now', 'after']]);
  const ended = inOrder.run(async () => await waits.promise);
  expect(inOrder.now(() => 'too early')).toBeUndefined();
  waits.resolve();
  await ended;
});
