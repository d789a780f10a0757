import { once } from 'node:events';
import { createServer } from 'node:net';

import { expect, test } from 'vitest';

import { isLoopback, portHolder, resolvesBelow } from './network.ts';

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.example.org', false],
  ['192.168.1.2', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.runIf(process.platform === 'linux')('the holder of a port is named with its process id', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await portHolder(port)).toContain(`(process ${process.pid})`);
  server.close();
  await once(server, 'close');
  expect(await portHolder(port)).toBeUndefined();
});

test('a domain that cannot exist does not resolve', async () => {
  expect(await resolvesBelow('nothing.invalid')).toBe(false);
});
