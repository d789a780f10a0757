import { expect, test } from 'vitest';

import { Holders } from './holders.ts';
import type { EndReason, StreamHolder } from './holders.ts';

const DATABASE = { databaseId: 'a', location: 'local', role: 'primary' as const };

interface TestHolder extends StreamHolder {
  idleSinceMs: number | undefined;
  ended: EndReason | undefined;
}

function newHolder(holders: Holders, idleSinceMs: number | undefined): TestHolder {
  const holder: TestHolder = {
    instance: DATABASE,
    idleSinceMs,
    ended: undefined,
    end(reason) {
      holder.ended = reason;
      holders.leave(holder);
    },
  };
  return holder;
}

test('a new one takes the place of the one that is idle longest, never of a busy one', () => {
  const holders = new Holders(3, () => undefined);
  const [busy, recent, old] = [undefined, 20, 10].map((sinceMs) => newHolder(holders, sinceMs));
  for (const holder of [busy, recent, old]) {
    holders.enter(holder as TestHolder);
  }
  holders.enter(newHolder(holders, undefined));
  expect([busy?.ended, recent?.ended, old?.ended]).toEqual([undefined, undefined, 'evicted']);
  holders.enter(newHolder(holders, undefined));
  expect(() => holders.enter(newHolder(holders, 1))).toThrow('3 streams in use');
  expect(holders.count('a')).toBe(3);
});

test('a database is told of when it gets its first holder and when it loses its last, also when one takes the place', () => {
  const changes: number[] = [];
  const holders: Holders = new Holders(1, (databaseId) => changes.push(holders.count(databaseId)));
  const first = newHolder(holders, 1);
  holders.enter(first);
  const second = newHolder(holders, 2);
  holders.enter(second);
  expect(first.ended).toBe('evicted');
  expect(holders.count('a')).toBe(1);
  holders.leave(second);
  holders.leave(second);
  expect(changes.at(-1)).toBe(0);
  expect(holders.databaseIds()).toEqual([]);
});

test('ending those of one instance leaves the others', () => {
  const holders = new Holders(10, () => undefined);
  const here = newHolder(holders, 1);
  const there: TestHolder = { ...newHolder(holders, 1), instance: { ...DATABASE, location: 'other', role: 'replica' } };
  holders.enter(here);
  holders.enter(there);
  holders.end('a', 'deleted', ({ location }) => location === 'local');
  expect([here.ended, there.ended, holders.count('a')]).toEqual(['deleted', undefined, 1]);
});
