import { DatabaseSync } from 'node:sqlite';

import { expect, test } from 'vitest';

import type { Cell } from './hrana.ts';
import type { Filter } from './search.ts';
import { countRows, numberOr, quoteName, quoteValue, selectRows } from './sql-text.ts';

function database(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  db.exec(`CREATE TABLE "odd "" name" ("a;b" TEXT, n INTEGER);
    INSERT INTO "odd "" name" VALUES ('50%', 1), ('5_0', 2), ('x', 3), (NULL, 4), ('y', 3)`);
  return db;
}

function rowsOf(filters: readonly Filter[], sort?: string, order?: 'asc' | 'desc'): unknown[] {
  const request = { table: 'odd " name', key: ['rowid'], columns: ['a;b', 'n'], sort, order, filters };
  const { sql, args } = selectRows(request, 10, 0);
  const rows = database()
    .prepare(sql)
    .all(...(args as (string | bigint)[]));
  const count = countRows(request);
  const [counted] = database()
    .prepare(count.sql)
    .all(...(count.args as (string | bigint)[]));
  expect(Object.values(counted ?? {})).toEqual([rows.length]);
  return rows.map((row) => row['a;b']);
}

test('whatever a table or column is called, its rows are read', () => {
  expect(rowsOf([])).toEqual(['50%', '5_0', 'x', null, 'y']);
});

test('a filter finds what it says, also where the value has signs of LIKE', () => {
  expect(rowsOf([{ column: 'a;b', operator: 'contains', value: '0%' }])).toEqual(['50%']);
  expect(rowsOf([{ column: 'a;b', operator: 'contains', value: '_' }])).toEqual(['5_0']);
  expect(rowsOf([{ column: 'a;b', operator: 'is null', value: '' }])).toEqual([null]);
  expect(
    rowsOf([
      { column: 'n', operator: '>=', value: '3' },
      { column: 'a;b', operator: '<>', value: 'y' },
    ]),
  ).toEqual(['x']);
});

test('rows with the same value keep one order, so that pages fit together', () => {
  expect(rowsOf([], 'n', 'desc')).toEqual([null, 'x', 'y', '5_0', '50%']);
});

test('quoted values and names mean themselves to SQLite', () => {
  const db = new DatabaseSync(':memory:');
  const values: Cell[] = [null, "it's", 9007199254740993n, 1.5, new Uint8Array([0, 255])];
  for (const value of values) {
    const statement = db.prepare(`SELECT ${quoteValue(value)} AS ${quoteName('a"b')}`);
    statement.setReadBigInts(typeof value === 'bigint');
    expect(statement.get()).toEqual({ 'a"b': value });
  }
});

test('only what is a number exactly becomes one', () => {
  expect(['12', '-3', '1.5', '007', '1e3', 'abc', '', '9223372036854775808'].map(numberOr)).toEqual([
    12n,
    -3n,
    1.5,
    '007',
    '1e3',
    'abc',
    '',
    '9223372036854775808',
  ]);
});
