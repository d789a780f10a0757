import { expect, test } from 'vitest';

import { forEachLimited } from './limited.ts';

test('works on as many at a time as it may, never on more, and on all', async () => {
  const gates: (() => void)[] = [];
  const done: number[] = [];
  const all = forEachLimited([1, 2, 3, 4, 5], 2, async (item) => {
    await new Promise<void>((resolve) => gates.push(resolve));
    done.push(item);
  });
  for (const [step, begun] of [2, 3, 4, 5, 5].entries()) {
    expect(gates).toHaveLength(begun);
    gates[step]?.();
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  await all;
  expect(done).toEqual([1, 2, 3, 4, 5]);
});

test('one that fails keeps none from its turn, and the first failure is thrown at the end', async () => {
  const seen: number[] = [];
  const all = forEachLimited([1, 2, 3], 1, async (item) => {
    seen.push(item);
    await Promise.reject(new Error(`${item}`));
  });
  await expect(all).rejects.toThrow('1');
  expect(seen).toEqual([1, 2, 3]);
});
