/**
 * The snippets of README.md, run as they stand there; only the address of the server is another.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { buildAtlas } from '../data/atlas.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';
import { ROOT, shell, snippetOf } from './support/snippets.ts';

let server: Skerry;
let folder = '';

beforeAll(async () => {
  server = await startSkerry();
  // Below node_modules so that the snippets find the packages they import.
  await mkdir(path.join(ROOT, 'node_modules/.cache'), { recursive: true });
  folder = await mkdtemp(path.join(ROOT, 'node_modules/.cache/skerry-readme-'));
  buildAtlas(path.join(folder, 'some.db'));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('the first minute on the command line, and then with curl', async () => {
  const commands = await snippetOf(server, 'README.md', 'skerry db create');
  const output = await shell(server, commands, folder, ROOT);
  expect(output).toContain('name  price\npear  0.5\n');
  expect(output).toContain('into database some at http://some-skerry.localhost:');

  const alias = commands.split('\n')[0] ?? '';
  const curl = await snippetOf(server, 'README.md', '/v2/pipeline');
  expect(await shell(server, `${alias}\n${curl}`, folder, ROOT)).toContain('"value":"pear"');
});

test('the first minute with the SDK and a client', async () => {
  const file = path.join(folder, 'first-minute.mjs');
  await writeFile(file, await snippetOf(server, 'README.md', 'createPlatform'));
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  expect(stdout).toContain("text: 'hello'");
});
