import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { isSqliteFile, readyForUpload } from './sqlite-file.ts';

let dir = '';

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'skerry-sqlite-file-'));
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

function build(name: string, setup: string): { file: string; database: DatabaseSync } {
  const file = path.join(dir, name);
  const database = new DatabaseSync(file);
  database.exec(`${setup}; CREATE TABLE t (a); INSERT INTO t VALUES ('kept')`);
  return { file, database };
}

async function contentOf(file: string): Promise<unknown> {
  await using ready = await readyForUpload(file);
  const database = new DatabaseSync(ready.path, { readOnly: true });
  const one = (sql: string): unknown => Object.values(database.prepare(sql).get() ?? {})[0];
  const content = [
    'SELECT a FROM t',
    'PRAGMA page_size',
    'PRAGMA journal_mode',
    'PRAGMA auto_vacuum',
    'PRAGMA integrity_check',
  ].map(one);
  database.close();
  return content;
}

const READY = ['kept', 4096, 'wal', 0, 'ok'];

test.each([
  ['rollback journal', ''],
  ['small pages', 'PRAGMA page_size = 512'],
  ['large pages in WAL mode', 'PRAGMA page_size = 65536; PRAGMA journal_mode = WAL'],
  ['auto-vacuum', 'PRAGMA auto_vacuum = FULL; PRAGMA journal_mode = WAL'],
])('a database with %s is made ready in a copy, and stays as it is', async (name, setup) => {
  const { file, database } = build(`${name}.db`, setup);
  database.close();
  const before = await readFile(file);
  expect(await contentOf(file)).toEqual(READY);
  expect((await readFile(file)).equals(before)).toBe(true);
});

test('what is still in the write-ahead log of another program is part of the copy', async () => {
  const { file, database } = build('open.db', 'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
  expect(await contentOf(file)).toEqual(READY);
  database.close();
});

test('a database that is ready is uploaded as it is', async () => {
  const { file, database } = build('ready.db', 'PRAGMA journal_mode = WAL');
  database.close();
  await using ready = await readyForUpload(file);
  expect(ready.path).toBe(file);
});

test('a database file is known by its first bytes; anything else is not one', async () => {
  const { file, database } = build('known.db', '');
  database.close();
  const sql = path.join(dir, 'text.sql');
  await writeFile(sql, 'SELECT 1;');
  expect([await isSqliteFile(file), await isSqliteFile(sql)]).toEqual([true, false]);
  await expect(isSqliteFile(path.join(dir, 'missing'))).rejects.toThrow(/missing cannot be read/);
});

test('a damaged database is told as such, with the reason', async () => {
  const file = path.join(dir, 'damaged.db');
  await writeFile(file, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(200, 7)]));
  await expect(readyForUpload(file)).rejects.toThrow(/damaged.db cannot be read as a database: /);
});
