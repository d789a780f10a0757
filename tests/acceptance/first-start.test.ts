/**
 * What a person meets in the first minute: the first output, the second start, the end, and the commonest mistakes.
 */
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { apiOf } from './support/clients.ts';
import { runSkerry, startSkerry } from './support/skerry.ts';

let root = '';

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'skerry-first-start-'));
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Runs `skerry start` that is expected to give up. */
async function failingStart(args: readonly string[]): Promise<{ output: string; exitCode: unknown }> {
  const { child, output } = runSkerry(args);
  const [exitCode] = await once(child, 'close');
  return { output: output(), exitCode };
}

test('the first start says how to reach it and keeps the API token for its owner alone; the second is brief', async () => {
  const dataDir = path.join(root, 'data');
  await using first = await startSkerry({ dataDir });
  const tokenFile = path.join(dataDir, 'api-token');
  for (const part of [
    first.apiToken,
    tokenFile,
    `TURSO_API_BASEURL=${first.url}`,
    `baseUrl: '${first.url}/v1/'`,
    '@libsql/client',
    '@tursodatabase/serverless',
    `${first.url}/v1/organizations/skerry/databases`,
  ]) {
    expect(first.output()).toContain(part);
  }
  expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
  expect(await first.stop()).toBe(0);

  await using second = await startSkerry({ dataDir });
  expect(second.output()).not.toContain(second.apiToken);
  expect(second.output().split('\n').length).toBeLessThan(10);
  expect(second.apiToken).toBe(first.apiToken);
});

test('the printed token opens the API, and databases outlive a restart', async () => {
  const dataDir = path.join(root, 'restart');
  await using first = await startSkerry({ dataDir });
  await apiOf(first).databases.create('kept', { group: 'default' });
  expect(await first.stop()).toBe(0);
  await using second = await startSkerry({ dataDir });
  expect((await apiOf(second).databases.list()).map(({ name }) => name)).toEqual(['kept']);
});

test('a taken port is told with its holder and another address to use', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { output, exitCode } = await failingStart([
    '--listen',
    `127.0.0.1:${port}`,
    '--data-dir',
    path.join(root, 'port'),
  ]);
  other.close();
  expect(output).toContain(`Port ${port} on 127.0.0.1 is taken`);
  expect(output).toContain(`skerry start --listen 127.0.0.1:${port + 1}`);
  expect(exitCode).toBe(3);
});

test('when a Skerry has the port, the other is told that it is one', async () => {
  await using first = await startSkerry();
  const { port } = new URL(first.url);
  const { output } = await failingStart(['--listen', `127.0.0.1:${port}`, '--data-dir', path.join(root, 'other')]);
  expect(output).toMatch(/is taken by another Skerry \(process \d+\)/);
});

test('a second server on the same data folder is refused and names the first; the first goes on', async () => {
  const dataDir = path.join(root, 'shared');
  await using first = await startSkerry({ dataDir });
  const { output, exitCode } = await failingStart(['--data-dir', dataDir, '--listen', '127.0.0.1:0']);
  expect(output).toMatch(/in use by another Skerry \(process \d+\)/);
  expect(output).toContain('--data-dir');
  expect(exitCode).toBe(4);
  expect(await apiOf(first).databases.list()).toEqual([]);
});

test('a data folder left by kill -9 can be used at once', async () => {
  const dataDir = path.join(root, 'killed');
  await using first = await startSkerry({ dataDir });
  await first.kill();
  await using second = await startSkerry({ dataDir });
  expect(await apiOf(second).groups.list()).toHaveLength(1);
});

test('a data folder that is a file is told as such', async () => {
  const file = path.join(root, 'file');
  await writeFile(file, '');
  const { output, exitCode } = await failingStart(['--data-dir', file, '--listen', '127.0.0.1:0']);
  expect(output).toContain(`The data folder ${file} cannot be used: part of the path is a file, not a folder.`);
  expect(exitCode).toBe(5);
});

test('a mistyped option is answered with the right one, a bad value with what is expected', async () => {
  const mistyped = await failingStart(['--lissten', '127.0.0.1:0']);
  expect(mistyped.output).toContain('Did you mean --listen?');
  expect(mistyped.exitCode).toBe(2);
  const badValue = await failingStart(['--max-row', '10']);
  expect(badValue.output).toContain('--max-row "10": expected a size such as');
  expect(badValue.exitCode).toBe(2);
});
