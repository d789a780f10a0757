import { EventEmitter } from 'node:events';

import { expect, test } from 'vitest';

import { runUntilSignal } from './shutdown.ts';

function scene() {
  const signals = new EventEmitter();
  const stopped = Promise.withResolvers<void>();
  const calls: string[] = [];
  const server = {
    stop: async () => {
      calls.push('stop');
      await stopped.promise;
    },
    kill: () => {
      calls.push('kill');
    },
  };
  const ended = runUntilSignal(server, signals, () => calls.push('say'));
  return { signals, stopped, calls, ended };
}

test('the first signal stops the server in order and resolves when it is down', async () => {
  const { signals, stopped, calls, ended } = scene();
  signals.emit('SIGTERM');
  stopped.resolve();
  expect(await ended).toBe(true);
  expect(calls).toEqual(['say', 'stop']);
  expect(signals.eventNames()).toEqual([]);
});

test('a second signal ends it at once, although running requests have not finished', async () => {
  const { signals, calls, ended } = scene();
  signals.emit('SIGINT');
  signals.emit('SIGINT');
  expect(await ended).toBe(false);
  expect(calls).toContain('kill');
});

test('an error while stopping is not swallowed', async () => {
  const { signals, stopped, ended } = scene();
  signals.emit('SIGTERM');
  stopped.reject(new Error('a host would not end'));
  await expect(ended).rejects.toThrow('a host would not end');
});
