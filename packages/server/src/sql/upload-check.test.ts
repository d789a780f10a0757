import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect, onTestFinished, test } from 'vitest';

import { OpenDatabase } from './open-database.ts';
import { SqlError } from './statement.ts';
import { scopeOf, stmt } from './testing.ts';
import { checkUpload } from './upload-check.ts';

const LIMITS = { maxRowBytes: 10_000_000 };

function newPath(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-upload-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return path.join(folder, 'upload.db');
}

/** A file as somebody's program made it. */
function newFile(before = '', after = ''): string {
  const file = newPath();
  const db = new DatabaseSync(file);
  db.exec(`${before}; CREATE TABLE t (a, b UNIQUE  ); INSERT INTO t VALUES ('x', 1), ('y', 2); ${after}`);
  db.close();
  return file;
}

function serve(file: string): OpenDatabase {
  const database = new OpenDatabase({
    path: file,
    mode: 'primary',
    synchronous: 'normal',
    maxRowBytes: LIMITS.maxRowBytes,
    transactionMs: 5_000,
    statementMs: 30_000,
  });
  onTestFinished(() => database.close());
  return database;
}

function journalModeBytes(file: string): number[] {
  return [...readFileSync(file).subarray(18, 20)];
}

function why(file: string): string {
  try {
    checkUpload(file, LIMITS);
  } catch (error) {
    return error instanceof SqlError ? `${error.code}: ${error.message}` : String(error);
  }
  return 'it is accepted';
}

test.each(['DELETE', 'WAL'])('a file in journal mode %s is served, in WAL mode, with its rows', async (mode) => {
  const file = newFile(`PRAGMA journal_mode = ${mode}`);
  checkUpload(file, LIMITS);
  expect(journalModeBytes(file)).toEqual([2, 2]);
  const { rows } = await serve(file).connect().execute(stmt('SELECT a FROM t ORDER BY b'), scopeOf());
  expect(rows).toEqual([['x'], ['y']]);
});

test('a file with full-text search, generated columns and a trigger is accepted', () => {
  const file = newFile(
    '',
    `CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES ('word');
     CREATE TABLE g (a, b GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO g VALUES (1);
     CREATE TRIGGER r AFTER INSERT ON g BEGIN INSERT INTO f VALUES (new.a); END`,
  );
  expect(why(file)).toBe('it is accepted');
});

test("a file of libSQL's with an index of vectors can be searched and changed", async () => {
  const file = newPath();
  const statements = [
    'PRAGMA journal_mode = WAL',
    'CREATE TABLE t (id INTEGER PRIMARY KEY, e F32_BLOB(2))',
    'CREATE INDEX i ON t (libsql_vector_idx(e))',
    "INSERT INTO t VALUES (1, vector('[1,2]')), (2, vector('[2,1]')), (3, NULL)",
  ];
  const { stdout } = spawnSync(
    process.execPath,
    [path.join(import.meta.dirname, 'functions/testing-libsql.mjs'), file],
    {
      input: JSON.stringify(statements),
      encoding: 'utf8',
    },
  );
  expect(stdout).not.toContain('error');
  checkUpload(file, LIMITS);
  const connection = serve(file).connect();
  const rows = async (sql: string): Promise<unknown> => (await connection.execute(stmt(sql), scopeOf())).rows;
  expect(await rows("SELECT id FROM vector_top_k('i', '[1,1.9]', 1)")).toEqual([[1n]]);
  await connection.sequence("DELETE FROM t WHERE id = 1; UPDATE t SET e = vector('[0,1]') WHERE id = 3", scopeOf());
  expect(await rows("SELECT id FROM vector_top_k('i', '[1,1.9]', 2)")).toEqual([[3n], [2n]]);
  expect(await rows('PRAGMA integrity_check')).toEqual([['ok']]);
});

test('what is no database is refused', () => {
  const file = newPath();
  for (const content of ['', 'short', 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n'.repeat(100)]) {
    writeFileSync(file, content);
    expect(why(file)).toContain('UPLOAD_INVALID: the uploaded file cannot be used: it is not a SQLite database file');
  }
});

test('another page size is refused, with the way to change it', () => {
  for (const size of [512, 65_536]) {
    expect(why(newFile(`PRAGMA page_size = ${size}`))).toContain(
      `pages have ${size} bytes instead of 4096: run PRAGMA journal_mode = DELETE; PRAGMA page_size = 4096; VACUUM;`,
    );
  }
});

test('UTF-16 is refused', () => {
  expect(why(newFile("PRAGMA encoding = 'UTF-16'"))).toContain('its text is UTF-16');
});

test('bytes reserved in every page are refused', () => {
  const file = newFile();
  const bytes = readFileSync(file);
  bytes[20] = 32;
  writeFileSync(file, bytes);
  expect(why(file)).toContain('reserves 32 bytes');
});

test('a file format of the future is refused', () => {
  const file = newFile();
  const bytes = readFileSync(file);
  bytes.fill(3, 18, 20);
  writeFileSync(file, bytes);
  expect(why(file)).toContain('newer file format');
});

test('a damaged page and a file that was cut short are refused', () => {
  const file = newFile('', 'CREATE TABLE big (a); INSERT INTO big VALUES (randomblob(50000))');
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(0, 3 * 4096));
  expect(why(file)).toMatch(/damaged|malformed/);
  writeFileSync(file, Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(4096, 0x55), bytes.subarray(8192)]));
  expect(why(file)).toMatch(/damaged|malformed/);
});

test("a schema of libSQL's that SQLite cannot read is refused by name", () => {
  const file = newFile();
  const bytes = readFileSync(file);
  const sql = 'CREATE TABLE t (a, b UNIQUE  )';
  expect(bytes.includes(sql)).toBe(true);
  // The same number of bytes, with a clause of libSQL's in it.
  bytes.write('CREATE TABLE t(a)RANDOM ROWID'.padEnd(sql.length), bytes.indexOf(sql), 'latin1');
  writeFileSync(file, bytes);
  expect(why(file)).toMatch(/malformed database schema.*RANDOM ROWID/);
});
