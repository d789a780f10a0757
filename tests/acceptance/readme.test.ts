/**
 * The snippets of README.md, run as they stand there; only the address of the server is another.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { buildAtlas } from '../data/atlas.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');

let server: Skerry;
let folder = '';
let snippets: string[] = [];

beforeAll(async () => {
  server = await startSkerry();
  // Below node_modules so that the snippets find the packages they import.
  await mkdir(path.join(root, 'node_modules/.cache'), { recursive: true });
  folder = await mkdtemp(path.join(root, 'node_modules/.cache/skerry-readme-'));
  buildAtlas(path.join(folder, 'some.db'));
  const readme = await readFile(path.join(root, 'README.md'), 'utf8');
  snippets = [...readme.matchAll(/^```(?:sh|js)\n([^]*?)^```$/gm)].map(([, snippet = '']) =>
    snippet.replaceAll('http://127.0.0.1:8080', server.url).replaceAll('data/api-token', `${server.dataDir}/api-token`),
  );
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function snippetWith(text: string): string {
  const found = snippets.filter((snippet) => snippet.includes(text));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

async function shell(script: string): Promise<string> {
  const { stdout } = await run('bash', ['-e', '-O', 'expand_aliases', '-c', script], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      SKERRY_URL: server.url,
      SKERRY_API_TOKEN_FILE: path.join(server.dataDir, 'api-token'),
    },
  });
  return stdout;
}

test('the first minute on the command line, and then with curl', async () => {
  const commands = snippetWith('skerry db create');
  const output = await shell(commands);
  expect(output).toContain('name  price\npear  0.5\n');
  expect(output).toContain('into database some at http://some-skerry.localhost:');

  const alias = commands.split('\n')[0] ?? '';
  expect(await shell(`${alias}\n${snippetWith('/v2/pipeline')}`)).toContain('"value":"pear"');
});

test('the first minute with the SDK and a client', async () => {
  const file = path.join(folder, 'first-minute.mjs');
  await writeFile(file, snippetWith('createPlatform'));
  const { stdout } = await run(process.execPath, [file]);
  expect(stdout).toContain("text: 'hello'");
});
