import { expect, onTestFinished, test } from 'vitest';

import type { Bound } from './parameters.ts';
import { PhysicalConnection } from './physical-connection.ts';
import { FULL, newDatabase, scopeOf, stmt } from './testing.ts';
import { mayReadWhole, WholeRead } from './whole-read.ts';

const SCHEMA = `CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL);
  CREATE INDEX item_name ON item (name);
  CREATE TABLE other (a, b);
  CREATE TABLE named (_rowid_, a);
  CREATE TABLE keyed (a PRIMARY KEY) WITHOUT ROWID;
  CREATE VIEW cheap AS SELECT * FROM item WHERE price < 3;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
  INSERT INTO item SELECT i, 'item ' || i, i / 7.0 FROM n;
  INSERT INTO other VALUES (1, 2);
  INSERT INTO named VALUES (1, 2);
  INSERT INTO keyed VALUES (1);`;

function opened(schema: string = SCHEMA): { physical: PhysicalConnection; change: (sql: string) => void } {
  const { options } = newDatabase();
  const physical = new PhysicalConnection(options);
  const other = new PhysicalConnection(options);
  onTestFinished(() => {
    physical.close();
    other.close();
  });
  const change = (sql: string): void => {
    other.authorizer.rights = null;
    other.db.exec(sql);
  };
  change(schema);
  return { physical, change };
}

function whole(physical: PhysicalConnection, sql: string, columnCount = 3): WholeRead | undefined {
  const read = WholeRead.of(physical, sql, columnCount);
  onTestFinished(() => read?.close());
  return read;
}

test.each([
  'SELECT * FROM item',
  'SELECT * FROM item WHERE id > ? ORDER BY name',
  'SELECT name FROM item WHERE name = ?',
  'SELECT * FROM item ORDER BY price DESC',
  'SELECT * FROM cheap',
  'SELECT * FROM item WHERE id BETWEEN ? AND ?',
])('a read that goes once over one table may be taken whole: %s', (sql) => {
  expect(whole(opened().physical, sql)?.isSmall(sql, [1n, 2n])).toBe(true);
});

test.each([
  'SELECT * FROM item AS a, item AS b',
  'SELECT * FROM item JOIN other ON a = id',
  'SELECT name FROM item UNION ALL SELECT name FROM item',
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n',
  'SELECT zeroblob(1000000) FROM item',
  'SELECT name || name FROM item',
  'SELECT (SELECT name FROM item AS b WHERE b.id = a.id) FROM item AS a',
  'SELECT group_concat(name) FROM item',
  'SELECT * FROM item, json_each(name)',
  'SELECT * FROM keyed',
  'SELECT * FROM named',
  'SELECT * FROM sqlite_schema',
  'SELECT * FROM (VALUES (1), (2))',
])('any other read may give more than its table holds, and is not taken whole: %s', (sql) => {
  expect(whole(opened().physical, sql)).toBeUndefined();
});

test('what the table, the file or the arguments may make large is not taken whole', () => {
  const sql = 'SELECT *, ? FROM item';
  const { physical, change } = opened();
  const read = whole(physical, sql, 4);
  const isSmall = (bound: Bound): boolean | undefined => read?.isSmall(sql, bound);
  expect(isSmall(['x'])).toBe(true);
  expect(isSmall(['x'.repeat(100_000)])).toBe(false);
  expect(isSmall([{ ':a': 'x'.repeat(100_000) }])).toBe(false);
  change('INSERT INTO item VALUES (100000, NULL, NULL)');
  expect(isSmall(['x'])).toBe(false);
  change('DELETE FROM item WHERE id = 100000');
  expect(isSmall(['x'])).toBe(true);
  change('INSERT INTO other VALUES (zeroblob(9000000), 1)');
  expect(isSmall(['x'])).toBe(false);
});

test('after a change of the schema the statement is not taken for what it was', () => {
  const sql = 'SELECT * FROM item';
  const { physical, change } = opened();
  const read = whole(physical, sql);
  expect(read?.isSmall(sql, [])).toBe(true);
  change('ALTER TABLE item ADD COLUMN large AS (zeroblob(1000000))');
  expect(read?.isSmall(sql, [])).toBe(false);
  expect(whole(physical, sql)).toBeUndefined();
});

test('a value that the table has for rows without one counts once for each row', () => {
  const { physical, change } = opened();
  change(`ALTER TABLE item ADD COLUMN large DEFAULT '${'x'.repeat(50_000)}'`);
  const sql = 'SELECT * FROM item';
  expect(whole(physical, sql, 4)?.isSmall(sql, [])).toBe(false);
});

test('rows are the same, whole or one by one, and so is what is told of them', async () => {
  const database = newDatabase();
  const connection = database.connect();
  for (const sql of SCHEMA.split(';').filter((text) => text.trim() !== '')) {
    await connection.execute(stmt(sql), scopeOf());
  }
  const sql = 'SELECT * FROM item WHERE id > ? ORDER BY price DESC';
  const runs = [];
  for (let run = 0; run < 3; run += 1) {
    const { queryDurationMs: _, ...result } = await connection.execute(stmt(sql, [10n]), scopeOf());
    runs.push(result);
  }
  expect(runs[0]?.rows).toHaveLength(490);
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).toEqual(runs[0]);
  await expect(connection.execute({ ...stmt(sql, [10n]), maxBytes: 1_000 }, scopeOf())).rejects.toThrow(
    expect.objectContaining({ code: 'RESPONSE_TOO_LARGE' }),
  );
});

test('only a statement that gave many rows the last time is looked at', () => {
  const { physical } = opened();
  const prepared = physical.prepare('SELECT * FROM item', FULL);
  expect(mayReadWhole(physical, prepared, [])).toBe(false);
  prepared.lastRowCount = 500;
  expect(mayReadWhole(physical, prepared, [])).toBe(true);
});
