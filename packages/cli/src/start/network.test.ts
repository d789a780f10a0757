import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import process from 'node:process';

import { expect, onTestFinished, test } from 'vitest';

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

const isLinux = process.platform === 'linux';

async function listen(host: string): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

test.runIf(isLinux).each(['127.0.0.1', '::1'])(
  'the holder of a port of %s is named with its process id',
  async (host) => {
    const { server, port } = await listen(host);
    expect(await portHolder({ host, port })).toContain(`(process ${process.pid})`);
    server.close();
    await once(server, 'close');
    expect(await portHolder({ host, port })).toBeUndefined();
  },
);

test.runIf(isLinux)(
  'who holds the same port of another address is not named, and whoever holds it of all addresses is',
  async () => {
    const { server, port } = await listen('127.0.0.1');
    onTestFinished(() => void server.close());
    const program = `require('node:net').createServer().listen(${port}, '127.0.0.2', () => console.log('listens'))`;
    const other = spawn(process.execPath, ['--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void other.kill());
    await once(other.stdout, 'data');
    expect(await portHolder({ host: '127.0.0.1', port })).toContain(`(process ${process.pid})`);
    expect(await portHolder({ host: '127.0.0.2', port })).toContain(`(process ${other.pid})`);
    expect(await portHolder({ host: '127.0.0.3', port })).toBeUndefined();
    // Either keeps others from all addresses.
    expect(await portHolder({ host: '0.0.0.0', port })).toMatch(/\(process \d+\)/);
    const everywhere = await listen('0.0.0.0');
    onTestFinished(() => void everywhere.server.close());
    expect(await portHolder({ host: '127.0.0.2', port: everywhere.port })).toContain(`(process ${process.pid})`);
  },
);

test('a domain that cannot exist does not resolve', async () => {
  expect(await resolvesBelow('nothing.invalid')).toBe(false);
});
