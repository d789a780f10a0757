import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'skerry-gen-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test('the generated code is what "npm run generate" would write', async () => {
  await promisify(execFile)('npm', ['run', 'generate', '--', '--output', folder], {
    cwd: root,
    shell: process.platform === 'win32',
  });
  expect(await readAll(path.join(folder, 'src/gen'))).toEqual(await readAll(path.join(root, 'src/gen')));
});

async function readAll(from: string): Promise<Record<string, string>> {
  const names = (await readdir(from, { recursive: true })).filter((name) => name.endsWith('.ts')).sort();
  const texts = names.map(async (name) => [name, await readFile(path.join(from, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
}
