/**
 * Dumps become database files, and what cannot is told with its line.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect, onTestFinished, test } from 'vitest';

import { loadDump } from './load-dump.ts';

const LIMITS = { maxRowBytes: 1_000_000 };

async function load(text: string): Promise<DatabaseSync> {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-load-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [source, target] = [path.join(folder, 'a.sql'), path.join(folder, 'a.db')];
  writeFileSync(source, text);
  await loadDump(source, target, LIMITS);
  const database = new DatabaseSync(target);
  onTestFinished(() => database.close());
  return database;
}

test('a dump with a trigger, a full-text table and numbers of AUTOINCREMENT is loaded as a whole', async () => {
  const database = await load(`PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT);
INSERT INTO a VALUES(7,'x;
y');
PRAGMA writable_schema=ON;
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','f','f',0,'CREATE VIRTUAL TABLE f USING fts5(b)');
CREATE TABLE IF NOT EXISTS 'f_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO f_data VALUES(1,X'');
INSERT INTO f_data VALUES(10,X'00000000000000');
CREATE TABLE IF NOT EXISTS 'f_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS 'f_content'(id INTEGER PRIMARY KEY, c0);
CREATE TABLE IF NOT EXISTS 'f_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
CREATE TABLE IF NOT EXISTS 'f_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO f_config VALUES('version',4);
CREATE TRIGGER tr AFTER INSERT ON a BEGIN INSERT INTO f(b) VALUES (new.t); END;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('a',41);
PRAGMA writable_schema=OFF;
COMMIT;
`);
  database.exec("INSERT INTO a (t) VALUES ('found')");
  expect(database.prepare('SELECT max(id) AS id FROM a').get()).toEqual({ id: 42 });
  expect(database.prepare("SELECT count(*) AS n FROM f('found')").get()).toEqual({ n: 1 });
  expect(database.prepare('SELECT t FROM a WHERE id = 7').get()).toEqual({ t: 'x;\ny' });
});

test.each([
  ['CREATE TABLE a (b);\n\nINSERT INTO a VALUES (1);\nINSERT INTO c VALUES (1);\n', 'line 4: no such table: c'],
  [
    "CREATE TABLE a (b);\nINSERT INTO a VALUES ('\n\n');\n  -- here\n  nonsense;",
    'line 6: near "nonsense": syntax error',
  ],
  ['BEGIN;\nCREATE TABLE a (b);\n', 'ends too early'],
  ["BEGIN;\nCREATE TABLE a (b);\nINSERT INTO a VALUES ('open", 'line 3: '],
  [`CREATE TABLE a (b);\nINSERT INTO a VALUES ('${'x'.repeat(3_000_000)}`, 'line 2: a statement has no end'],
  ["ATTACH 'other.db' AS o;", 'line 1: not authorized'],
  ["VACUUM INTO 'copy.db';", 'line 1: '],
  ["SELECT load_extension('a');", 'line 1: '],
])('%# a text that cannot be loaded is refused with its line', async (text, message) => {
  await expect(load(text)).rejects.toThrow(message);
});

test('settings of the file that are not content stay as the server needs them', async () => {
  const database = await load(
    'PRAGMA page_size = 512; PRAGMA encoding = "UTF-16"; PRAGMA user_version = 9; CREATE TABLE a (b);',
  );
  const values = ['page_size', 'encoding', 'user_version'].map((name) => database.prepare(`PRAGMA ${name}`).get());
  expect(values).toEqual([{ page_size: 4096 }, { encoding: 'UTF-8' }, { user_version: 9 }]);
});
