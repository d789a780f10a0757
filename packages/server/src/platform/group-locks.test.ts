import { expect, test } from 'vitest';

import { soleProcess } from '../store/coordination.ts';
import { GroupLocks } from './group-locks.ts';

function recorder() {
  const events: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  return {
    events,
    work: (name: string) => async () => {
      events.push(`+${name}`);
      const gate = Promise.withResolvers<void>();
      gates.set(name, gate);
      await gate.promise;
      events.push(`-${name}`);
    },
    finish: (name: string) => gates.get(name)?.resolve(),
    fail: (name: string) => gates.get(name)?.reject(new Error(name)),
  };
}

/** Lets everything that can go on go on. */
async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

test('shared holders overlap, an exclusive one waits for them and keeps later ones waiting', async () => {
  const locks = new GroupLocks(soleProcess('me'));
  const { events, work, finish } = recorder();
  const all = [
    locks.shared('g', work('a')),
    locks.shared('g', work('b')),
    locks.exclusive('g', work('X')),
    locks.shared('g', work('c')),
  ];
  await settle();
  expect(events).toEqual(['+a', '+b']);
  finish('a');
  await settle();
  expect(events).toEqual(['+a', '+b', '-a']);
  finish('b');
  await settle();
  expect(events).toEqual(['+a', '+b', '-a', '-b', '+X']);
  finish('X');
  await settle();
  expect(events.slice(5)).toEqual(['-X', '+c']);
  finish('c');
  await Promise.all(all);
});

test('groups do not wait for each other', async () => {
  const locks = new GroupLocks(soleProcess('me'));
  const { events, work, finish } = recorder();
  const all = [locks.exclusive('g', work('X')), locks.exclusive('h', work('Y'))];
  await settle();
  expect(events).toEqual(['+X', '+Y']);
  finish('X');
  finish('Y');
  await Promise.all(all);
});

test('a holder that fails lets the next one in', async () => {
  const locks = new GroupLocks(soleProcess('me'));
  const { events, work, finish, fail } = recorder();
  const first = locks.exclusive('g', work('X')).catch((error: unknown) => error);
  const second = locks.exclusive('g', work('Y'));
  await settle();
  fail('X');
  expect(await first).toEqual(new Error('X'));
  await settle();
  expect(events).toEqual(['+X', '+Y']);
  finish('Y');
  await second;
});
