import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { apiTokenPath, claim, keepApiToken } from './data-dir.ts';

let dir = '';

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'skerry-data-dir-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** Another process that claims the folder, says so, and then waits to be killed. */
async function claimInOtherProcess(dataDir: string) {
  const module = new URL('data-dir.ts', import.meta.url).href;
  const code = `import { claim } from ${JSON.stringify(module)};
    await claim(${JSON.stringify(dataDir)}); process.stdout.write('claimed'); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('a missing data folder is made, readable by its owner alone', async () => {
  const dataDir = path.join(dir, 'not', 'there');
  const held = await claim(dataDir);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  await held.release();
});

test('a folder that another process holds is refused, naming the process', async () => {
  const other = await claimInOtherProcess(dir);
  try {
    await expect(claim(dir)).rejects.toMatchObject({
      failure: 'data_dir_locked',
      message: expect.stringContaining(`process ${other.pid}`),
      nextStep: expect.stringContaining('--data-dir'),
    });
  } finally {
    other.kill('SIGKILL');
    await once(other, 'exit');
  }
});

test('a folder whose holder was killed can be claimed at once', async () => {
  const other = await claimInOtherProcess(dir);
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(await readFile(path.join(dir, 'lock.pid'), 'utf8')).toBe(`${other.pid}\n`);
  const held = await claim(dir);
  expect(await readFile(path.join(dir, 'lock.pid'), 'utf8')).toBe(`${process.pid}\n`);
  await held.release();
});

test('a released folder can be claimed again, and releasing twice does no harm', async () => {
  const first = await claim(dir);
  await first.release();
  const second = await claim(dir);
  await first.release();
  await expect(claim(dir)).rejects.toMatchObject({ failure: 'data_dir_locked' });
  await second.release();
  expect(await readdir(dir)).toEqual(['lock']);
});

test('a path that runs through a file is refused with the reason and the flag to change', async () => {
  await writeFile(path.join(dir, 'file'), '');
  await expect(claim(path.join(dir, 'file', 'data'))).rejects.toMatchObject({
    failure: 'data_dir_unusable',
    message: expect.stringContaining('is a file, not a folder'),
    nextStep: expect.stringContaining('--data-dir'),
  });
});

test('the API token is kept whole in a file only its owner can read, also over a leftover draft', async () => {
  await writeFile(`${apiTokenPath(dir)}.new`, 'half a tok', { mode: 0o644 });
  await keepApiToken(dir, 'secret');
  expect(await readFile(apiTokenPath(dir), 'utf8')).toBe('secret\n');
  expect((await stat(apiTokenPath(dir))).mode & 0o777).toBe(0o600);
  expect(await readdir(dir)).toEqual(['api-token']);
});
