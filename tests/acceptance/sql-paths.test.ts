/**
 * What must hold on every way in which SQL reaches a database: values come back as they went, and nothing reaches
 * beyond the database or the token's rights.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { apiOf, createDatabase, type TestDatabase } from './support/clients.ts';
import { SQL_PATHS } from './support/paths.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

let server: Skerry;
let database: TestDatabase;
let readOnly: TestDatabase;

beforeAll(async () => {
  server = await startSkerry();
  const api = apiOf(server);
  database = await createDatabase(api, 'hostile');
  await createDatabase(api, 'neighbour');
  readOnly = { ...database, token: (await api.databases.createToken('hostile', { authorization: 'read-only' })).jwt };
  using setup = SQL_PATHS['v3/pipeline']?.(database);
  await setup?.query('CREATE TABLE kept (id INTEGER PRIMARY KEY, value)');
  await setup?.query("INSERT INTO kept VALUES (1, 'safe')");
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Each with the type that SQLite must give it. */
const VALUES: readonly (readonly [title: string, value: null | bigint | number | string | Uint8Array, type: string])[] =
  [
    ['null', null, 'null'],
    ['the smallest integer', -(2n ** 63n), 'integer'],
    ['the largest integer', 2n ** 63n - 1n, 'integer'],
    ['an integer beyond exact doubles', 2n ** 53n + 1n, 'integer'],
    ['a fraction', 0.1, 'real'],
    ['the smallest double', 5e-324, 'real'],
    ['the largest double', 1.797_693_134_862_315_7e308, 'real'],
    ['the empty text', '', 'text'],
    ['text that looks like SQL', `'); DROP TABLE kept; --`, 'text'],
    ['text that looks like a number', '0012', 'text'],
    ['text that looks like JSON', '{"type":"null"}', 'text'],
    ['text with NUL inside', 'a\u0000b', 'text'],
    ['text of every plane', 'é עברית 漢字 👩‍👩‍👧 \u{10FFFF}', 'text'],
    ['line ends and control characters', '\r\n\t\u0001\u2028\u007F', 'text'],
    ['long text', 'ß'.repeat(100_000), 'text'],
    ['the empty blob', new Uint8Array(0), 'blob'],
    ['one byte', new Uint8Array([0]), 'blob'],
    ['two bytes', new Uint8Array([0xff, 0xfe]), 'blob'],
    ['all bytes', Uint8Array.from({ length: 256 }, (_, index) => index), 'blob'],
  ];

/** What reaches for the machine, for a neighbour, or for SQLite's own settings. */
const OUTSIDE = path.join(tmpdir(), `skerry-outside-${process.pid}.db`);
const FORBIDDEN: readonly string[] = [
  `ATTACH '${OUTSIDE}' AS x`,
  `ATTACH DATABASE 'file:${OUTSIDE}?mode=rwc' AS x`,
  "ATTACH '/etc/passwd' AS x",
  'ATTACH neighbour AS x',
  "ATTACH ':memory:' AS x",
  `VACUUM INTO '${OUTSIDE}'`,
  "SELECT load_extension('libm.so.6')",
  "SELECT readfile('/etc/passwd')",
  `SELECT writefile('${OUTSIDE}', 'x')`,
  "SELECT edit('x')",
  "SELECT fts3_tokenizer('x', x'0000000000000000')",
  'PRAGMA writable_schema = ON',
  'PRAGMA wal_checkpoint(TRUNCATE)',
  'PRAGMA query_only = ON',
  'PRAGMA max_page_count = 1',
  `PRAGMA temp_store_directory = '${tmpdir()}'`,
  'PRAGMA trusted_schema = ON',
  "INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 2, 'x')",
  'SELECT 1; SELECT 2',
  "SELECT * FROM pragma_wal_checkpoint('TRUNCATE')",
];

const WRITES: readonly string[] = [
  "INSERT INTO kept VALUES (2, 'x')",
  "REPLACE INTO kept VALUES (1, 'x')",
  "WITH new(v) AS (SELECT 'x') INSERT INTO kept SELECT 3, v FROM new RETURNING id",
  "UPDATE kept SET value = 'x'",
  'DELETE FROM kept',
  'CREATE TABLE other (a)',
  'CREATE VIEW other AS SELECT 1',
  'CREATE INDEX other ON kept (value)',
  'ALTER TABLE kept ADD COLUMN other',
  'DROP TABLE kept',
  'REINDEX',
  'PRAGMA user_version = 5',
];

/** In words of SQLite or of the server; not that the connection was lost. */
const REFUSED =
  /not authorized|unsupported statement|no such|forbidden|readonly|BLOCKED|more than one|SQL_|SQLITE_|AUTH_|JWT|40[13]/i;

function hexOf(value: unknown): string | null {
  return typeof value === 'string' || value instanceof Uint8Array
    ? Buffer.from(value as string)
        .toString('hex')
        .toUpperCase()
    : null;
}

describe.each(Object.entries(SQL_PATHS))('%s', (name, open) => {
  test('values of every kind come back as they went', async () => {
    using sql = open(database);
    const table = `value_${Object.keys(SQL_PATHS).indexOf(name)}`;
    await sql.query(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY, value)`);
    for (const [index, [title, value, type]] of VALUES.entries()) {
      await sql.query(`INSERT INTO ${table} VALUES (?, ?)`, [BigInt(index), value]);
      const rows = await sql.query(
        `SELECT value, typeof(value), CASE WHEN typeof(value) IN ('text', 'blob') THEN hex(value) END
         FROM ${table} WHERE id = ?`,
        [BigInt(index)],
      );
      expect([title, ...rows]).toEqual([title, [value, type, hexOf(value)]]);
    }
  });

  test.each(FORBIDDEN)('%s is refused, and the database goes on', async (statement) => {
    using sql = open(database);
    await expect(sql.query(statement)).rejects.toThrow(REFUSED);
    using after = open(database);
    expect(await after.query('SELECT value FROM kept')).toEqual([['safe']]);
    expect(existsSync(OUTSIDE)).toBe(false);
  });

  test.each(WRITES)('%s is refused for a read-only token and changes nothing', async (statement) => {
    using sql = open(readOnly);
    await expect(sql.query(statement)).rejects.toThrow(REFUSED);
    using after = open(readOnly);
    expect(await after.query('SELECT count(*), max(value) FROM kept')).toEqual([[1n, 'safe']]);
    expect(await after.query("SELECT count(*) FROM sqlite_schema WHERE name = 'other'")).toEqual([[0n]]);
    expect(await after.query('PRAGMA user_version')).toEqual([[0n]]);
  });

  test.each(['', 'not-a-token', 'eyJhbGciOiJub25lIn0.e30.'])('the token "%s" opens nothing', async (token) => {
    using sql = open({ ...database, token });
    await expect(sql.query('SELECT 1')).rejects.toThrow(REFUSED);
  });

  test('text that is not UTF-8 does no harm', async () => {
    using sql = open(database);
    // Whether it is an answer or an error is the engine's choice; that it goes on is not.
    await sql.query("SELECT CAST(x'ff41' AS TEXT)").catch(() => undefined);
    using after = open(database);
    expect(await after.query('SELECT value FROM kept')).toEqual([['safe']]);
  });
});
