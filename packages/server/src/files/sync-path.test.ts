import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
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

test('several processes sync one folder at the same time', async () => {
  const folder = newFolder();
  const module = path.join(import.meta.dirname, 'sync-path.ts');
  const program = `import { syncFolder } from ${JSON.stringify(module)};
    for (let n = 0; n < 60; n += 1) syncFolder(${JSON.stringify(folder)});`;
  const codes = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    }),
  );
  expect(codes).toEqual([0, 0, 0]);
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
