import { spawnSync } from 'node:child_process';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { newDatabase, READ, scopeOf, stmt } from './testing.ts';

const full = scopeOf();
/** Until 2023 a series with a negative step ran from its end to its start, in whichever order they came. */
const knows = spawnSync('sqlite3', [':memory:', 'SELECT count(*) FROM generate_series(1, 3, -1)'], {
  encoding: 'utf8',
});
const hasProgram = knows.stdout === '0\n';

test.each<[string, unknown[][]]>([
  ['SELECT * FROM generate_series(1, 3)', [[1n], [2n], [3n]]],
  ['SELECT generate_series.value FROM Generate_Series ( 5, 1, -2 )', [[5n], [3n], [1n]]],
  ['SELECT s.value FROM "generate_series"(1, 2) AS s', [[1n], [2n]]],
  [
    'SELECT a.value, b.value FROM generate_series(1, 2) a, generate_series(3, 4) b WHERE b.value > 3',
    [
      [1n, 4n],
      [2n, 4n],
    ],
  ],
  ['SELECT sum(value) FROM (SELECT 1) JOIN (generate_series(1, 2 + (3 * 2)))', [[36n]]],
  ['SELECT value FROM generate_series(1, (SELECT max(value) FROM generate_series(1, 2)))', [[1n], [2n]]],
  ['SELECT (SELECT sum(value) FROM generate_series(1, t.n)) FROM (SELECT 3 AS n UNION ALL SELECT 4) t', [[6n], [10n]]],
  ['SELECT 2 IN generate_series(1, 3), 4 IN generate_series(1, 3)', [[1n, 0n]]],
  ['SELECT value FROM generate_series(7) LIMIT 2', [[7n], [8n]]],
  ['SELECT * FROM generate_series(9223372036854775806, 9223372036854775807)', [[2n ** 63n - 2n], [2n ** 63n - 1n]]],
  [
    'SELECT * FROM generate_series(-9223372036854775808, 9223372036854775807, 9223372036854775807)',
    [[-(2n ** 63n)], [-1n], [2n ** 63n - 2n]],
  ],
  ['SELECT * FROM generate_series(5, -9223372036854775808, -9223372036854775808)', [[5n], [5n - 2n ** 63n]]],
  ['SELECT * FROM generate_series(1, NULL), generate_series(NULL, 1), generate_series(1, 2, NULL)', []],
  ['SELECT 1 FROM generate_series(3, 1, NULL)', []],
  ['SELECT * FROM generate_series(1, 3, 0)', [[1n], [2n], [3n]]],
  [
    "SELECT * FROM generate_series(2, 2, 0), generate_series('3', 4.9, 'x')",
    [
      [2n, 3n],
      [2n, 4n],
    ],
  ],
  ['SELECT 1 FROM generate_series(3, 1, 0)', []],
  ['SELECT * FROM generate_series(-1, -4, -2)', [[-1n], [-3n]]],
  ['SELECT 1 FROM generate_series(1, 3, -1)', []],
  ['SELECT * FROM generate_series(9223372036854775807, 9223372036854775807, 0)', [[2n ** 63n - 1n]]],
  ['SELECT * FROM generate_series(1, 1), generate_series(2, 2)', [[1n, 2n]]],
  ['WITH generate_series(value) AS (SELECT 9) SELECT * FROM generate_series', [[9n]]],
  [
    `SELECT 'FROM generate_series(1, 2)' AS "generate_series(" -- FROM generate_series(1, 2)`,
    [['FROM generate_series(1, 2)']],
  ],
])('a series is a table: %s', async (sql, rows) => {
  expect((await newDatabase().connect().execute(stmt(sql), full)).rows).toEqual(rows);
});

test('a series has one column, its arguments keep their order, and each is read once', async () => {
  const connection = newDatabase().connect();
  const sql = 'SELECT ? AS a, * FROM generate_series(?, ?, ?) WHERE value <> ?';
  expect((await connection.execute(stmt(sql, ['x', 1n, 9n, 4n, 5n]), full)).rows).toEqual([
    ['x', 1n],
    ['x', 9n],
  ]);
  const { cols, params } = connection.describe(sql, full);
  expect([cols.map(({ name }) => name), params]).toEqual([
    ['a', 'value'],
    Array.from({ length: 5 }, () => ({ name: null })),
  ]);
  const once = 'SELECT count(*) FROM generate_series(random(), 9223372036854775807, 9223372036854775807)';
  const [[count]] = (await connection.execute(stmt(once), full)).rows as [[bigint]];
  expect([1n, 2n]).toContain(count);
});

test('rows come one by one: a series without an end is no trouble to who takes the first of it', async () => {
  const connection = newDatabase().connect();
  const source = await connection.query(stmt('SELECT value FROM generate_series(0, 9223372036854775807)'), full);
  expect(source.next(2, 1_000_000).slice(0, 2)).toEqual([[0n], [1n]]);
  source.close();
});

test('views, triggers and inserts take from a series, and a token needs no right for it', async () => {
  const connection = newDatabase().connect();
  await connection.sequence(
    `CREATE TABLE t (a); CREATE TABLE generate_series (a);
     CREATE VIEW three AS SELECT value FROM generate_series(1, 3);
     CREATE TRIGGER fill AFTER INSERT ON generate_series BEGIN
       INSERT INTO t SELECT value FROM generate_series(1, new.a); END;
     INSERT INTO generate_series (a) VALUES (2); INSERT INTO t SELECT value * 10 FROM generate_series(1, 2)`,
    full,
  );
  const rows = await connection.execute(stmt('SELECT a FROM t UNION ALL SELECT value FROM three'), scopeOf(READ));
  expect(rows.rows.flat()).toEqual([1n, 2n, 10n, 20n, 1n, 2n, 3n]);
  const other = scopeOf({ ...READ, level: 'grants', grants: [{ tables: ['other'], actions: ['data_read'] }] });
  const free = await connection.execute(stmt('SELECT value FROM generate_series(1, 1)'), other);
  expect(free.rows).toEqual([[1n]]);
});

test.each([
  ['SELECT * FROM generate_series()', 'first argument to "generate_series()" missing or unusable'],
  ['SELECT * FROM generate_series(1, 2, 3, 4)', 'too many arguments on generate_series() - max 3'],
  ['SELECT generate_series(1, 2)', 'no such function: generate_series'],
  ['SELECT 1, generate_series(1, 2) FROM (SELECT 1)', 'no such function: generate_series'],
  ['SELECT 1 IN (1, generate_series(1, 2))', 'no such function: generate_series'],
  ['SELECT 1 IS DISTINCT FROM generate_series(1, 2)', 'no such function: generate_series'],
])('%s is refused with SQLite’s words: %s', async (sql, message) => {
  await expect(newDatabase().connect().execute(stmt(sql), full)).rejects.toThrow(message);
});

/** Without NULL and the ends of 64 bits: older programs have errors of their own there. */
const number = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.constantFrom("'3x'", '2.7', '4611686018427387904', 'abs(-4)'),
);

test.runIf(hasProgram)('any series has the rows that the sqlite3 program gives', async () => {
  const connection = newDatabase().connect();
  const calls = fc.sample(fc.array(number, { minLength: 1, maxLength: 3 }), 300);
  const texts = calls.map(
    (each) => `SELECT group_concat(value) FROM (SELECT value FROM generate_series(${each.join()}) LIMIT 50)`,
  );
  const { stdout } = spawnSync('sqlite3', ['-nullvalue', 'NULL', ':memory:'], {
    input: texts.join(';\n'),
    encoding: 'utf8',
  });
  const ours: unknown[] = [];
  for (const text of texts) {
    ours.push((await connection.execute(stmt(text), full)).rows[0]?.[0] ?? 'NULL');
  }
  expect(texts.map((text, at) => [text, ours[at]])).toEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((row, at) => [texts[at], row]),
  );
});
