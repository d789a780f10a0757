/**
 * The interactive shell, typed into as at a terminal.
 */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { SqlSession } from '../../packages/cli/src/sql/session.ts';
import { Shell } from '../../packages/cli/src/sql/shell.ts';
import { apiOf, createDatabase, type TestDatabase } from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

let server: Skerry;
let database: TestDatabase;

beforeAll(async () => {
  server = await startSkerry();
  database = await createDatabase(apiOf(server), 'typed');
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** What the shell prints for these lines, without the line that is being typed. */
async function type(...lines: readonly string[]): Promise<{ out: string; err: string }> {
  using session = new SqlSession(`${server.url}/db/skerry/${database.name}/`, database.token);
  const input = new PassThrough();
  const printed = { out: '', err: '' };
  const shell = new Shell(session, database.name, {
    environment: { SKERRY_CONFIG_DIR: path.join(server.dataDir, 'config') },
    out: (text) => (printed.out += text),
    err: (text) => (printed.err += text),
    input,
    output: new PassThrough().resume(),
  });
  input.end(lines.map((line) => `${line}\n`).join(''));
  await shell.run();
  return printed;
}

test('a statement runs at its semicolon, on whatever line that is, and the end of the input ends the shell', async () => {
  const { out, err } = await type('SELECT 1', '+ 1 AS sum', "; SELECT ';' AS semicolon;", 'SELECT never');
  expect(err).toBe('');
  expect(out).toContain('sum\n2\nsemicolon\n;\n');
  expect(out).not.toContain('never');
});

test('a failed statement is told, and the shell goes on', async () => {
  const { out, err } = await type('SELECT * FROM nowhere;', "SELECT 'after';");
  expect(err).toContain('error: no such table: nowhere');
  expect(out).toContain('after');
});

test('a transaction holds over several lines, and another connection sees nothing of what was rolled back', async () => {
  const { out, err } = await type(
    'CREATE TABLE t (a);',
    'BEGIN;',
    'INSERT INTO t VALUES (1);',
    'SELECT count(*) AS inside FROM t;',
    'ROLLBACK;',
    'SELECT count(*) AS after FROM t;',
  );
  expect(err).toBe('');
  expect(out).toContain('inside\n1\n');
  expect(out).toContain('after\n0\n');
});

test('commands with a dot list and explain, and an unknown one is told', async () => {
  const { out, err } = await type('.tables', '.schema', '.help', '.nonsense', '.quit', "SELECT 'too late';");
  expect(out).toContain('name  type\nt     table\n');
  expect(out).toContain('CREATE TABLE t (a);');
  expect(out).toContain('.quit');
  expect(err).toContain('There is no command .nonsense; .help lists them.');
  expect(out).not.toContain('too late');
});

test('what was typed is kept for the next time, the latest first, and for its owner alone', async () => {
  await type("SELECT 'first';");
  await type("SELECT 'second';");
  const file = path.join(server.dataDir, 'config', 'history');
  const kept = (await readFile(file, 'utf8')).split('\n');
  expect(kept.slice(0, 2)).toEqual(["SELECT 'second';", "SELECT 'first';"]);
  expect((await stat(file)).mode & 0o077).toBe(0);
});
