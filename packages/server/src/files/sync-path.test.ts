import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect, onTestFinished, test } from 'vitest';

import { syncDatabase, syncFolder } from './sync-path.ts';

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-sync-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('syncing a folder leaves nothing in it', () => {
  const folder = newFolder();
  syncFolder(folder);
  expect(readdirSync(folder)).toEqual([]);
});

test('syncing a database keeps its content and version, and moves its WAL into it', () => {
  const file = path.join(newFolder(), 'a.db');
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 7; CREATE TABLE t (a); INSERT INTO t VALUES (1)');
  db.close();
  syncDatabase(file);
  expect(readdirSync(path.dirname(file))).toEqual(['a.db']);
  // Bytes 18 and 19 say 2 for WAL (file format, section 1.3).
  expect([...readFileSync(file).subarray(18, 20)]).toEqual([2, 2]);
  const again = new DatabaseSync(file);
  expect([again.prepare('PRAGMA user_version').get(), again.prepare('SELECT a FROM t').get()]).toEqual([
    { user_version: 7 },
    { a: 1 },
  ]);
  again.close();
});
