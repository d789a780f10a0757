/**
 * Snippets of the pages in `docs/`, run as they stand there; only the address of the server is another.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { apiOf, createDatabase, httpClient } from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';
import { ROOT, shell, snippetOf } from './support/snippets.ts';

let server: Skerry;
let folder = '';

beforeAll(async () => {
  server = await startSkerry();
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-pages-'));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const SKERRY = `skerry() { '${ROOT}/packages/cli/bin/skerry.mjs' "$@"; }\n`;

async function run(script: string): Promise<string> {
  return await shell(server, SKERRY + script, folder);
}

test('files, dumps and CSVs go in and come out', async () => {
  const lines = (await snippetOf(server, 'docs/import-export.md', 'prices.csv')).trimEnd().split('\n');
  expect(lines).toHaveLength(5);
  const file = new DatabaseSync(path.join(folder, 'shop.db'));
  file.exec("CREATE TABLE item (name TEXT); INSERT INTO item VALUES ('pear')");
  file.close();
  await writeFile(path.join(folder, 'shop.sql'), 'BEGIN;\nCREATE TABLE item (name TEXT);\nCOMMIT;\n');
  await writeFile(path.join(folder, 'prices.csv'), 'name,price\npear,0.5\n');
  const [importFile, importDump, importCsv, exportFile, dump] = lines;
  await run(`${importDump}\nskerry db destroy shop --yes`);
  await run(`${importFile}\n${importCsv}`);
  expect(await run('skerry db shell prices "SELECT price FROM price"')).toContain('0.5');
  await rm(path.join(folder, 'shop.db'));
  await run(`${exportFile}\n${dump}`);
  using exported = new DatabaseSync(path.join(folder, 'shop.db'), { readOnly: true });
  expect(exported.prepare('SELECT name FROM item').all()).toEqual([{ name: 'pear' }]);
  expect(await readFile(path.join(folder, 'shop.sql'), 'utf8')).toContain("'pear'");
});

test('an index of vectors is searched', async () => {
  using client = httpClient(await createDatabase(apiOf(server), 'movies'));
  const [createTable = '', createIndex = '', search = ''] = (await snippetOf(server, 'docs/sql.md', 'vector_top_k'))
    .trimEnd()
    .split('\n');
  await client.batch([createTable, createIndex, "INSERT INTO movies VALUES ('Up', vector32('[1, 2, 3]'))"], 'write');
  expect((await client.execute(search)).rows.map(({ title }) => title)).toEqual(['Up']);
});

test('the owner sets a password with the first token', async () => {
  const snippet = (await snippetOf(server, 'docs/people.md', 'new_password')).replace('…', 'correct horse battery');
  await run(snippet.replace('curl', 'curl --fail'));
  const session = await fetch(`${server.url}/v1/auth/sign-in`, {
    method: 'POST',
    headers: { origin: server.url },
    body: JSON.stringify({ username: 'skerry', password: 'correct horse battery' }),
  });
  expect(session.status).toBe(200);
});

test('changes are listened to', async () => {
  const snippet = await snippetOf(server, 'docs/page.md', '/events');
  const child = spawn('bash', ['-c', `exec ${snippet}`], {
    env: { PATH: process.env['PATH'], TOKEN: server.apiToken },
  });
  const gone = once(child, 'exit');
  const [begin] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill();
  await gone;
  expect(begin.toString()).toMatch(/^:/);
});
