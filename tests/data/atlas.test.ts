import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { type AtlasRows, buildAtlas } from './atlas.ts';

let dir = '';
let file = '';
let rows: AtlasRows = new Map();

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'skerry-atlas-'));
  file = path.join(dir, 'atlas.db');
  rows = buildAtlas(file);
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

test('the atlas has at least 10 tables and 10,000 rows in one file under 5 MB', async () => {
  expect(rows.size).toBeGreaterThanOrEqual(10);
  expect([...rows.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(10_000);
  expect(Math.min(...rows.values())).toBeGreaterThan(10);
  expect((await stat(file)).size).toBeLessThan(5_000_000);
  expect(await readdir(dir)).toEqual(['atlas.db']);
});

test('the atlas is sound, and the file is what an upload asks for', () => {
  const database = new DatabaseSync(file, { readOnly: true });
  const pragma = (name: string): unknown => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  expect(pragma('integrity_check')).toBe('ok');
  expect(pragma('foreign_key_check')).toBeUndefined();
  expect([pragma('page_size'), pragma('journal_mode'), pragma('auto_vacuum'), pragma('encoding')]).toEqual([
    4096,
    'wal',
    0,
    'UTF-8',
  ]);
  database.close();
});

test('the atlas says what is true', () => {
  const database = new DatabaseSync(file, { readOnly: true });
  const value = (sql: string): unknown => Object.values(database.prepare(sql).get() ?? {})[0];
  expect(value("SELECT name FROM region_name WHERE region = 'JP' AND language = 'de'")).toBe('Japan');
  expect(value("SELECT notation FROM character WHERE text = 'é'")).toBe('U+00E9');
  expect(value('SELECT group_concat(part) FROM decomposition WHERE code_point = 0xE9')).toBe('101,769');
  expect(
    value(
      "SELECT offset_hours FROM time_zone_offset o JOIN time_zone t ON t.id = o.time_zone WHERE t.name LIKE 'Asia/Kat%' AND month = '2024-07'",
    ),
  ).toBe(5.75);
  expect(value("SELECT fraction_digits FROM currency WHERE code = 'JPY'")).toBe(0);
  expect(value("SELECT region FROM region_search WHERE region_search MATCH 'Frankreich'")).toBe('FR');
  database.close();
});

test('the same Node builds the same bytes', async () => {
  const again = path.join(dir, 'again.db');
  buildAtlas(again);
  const hashes = await Promise.all(
    [file, again].map(async (name) =>
      createHash('sha256')
        .update(await readFile(name))
        .digest('hex'),
    ),
  );
  expect(hashes[0]).toBe(hashes[1]);
});
