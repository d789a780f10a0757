import { DatabaseSync } from 'node:sqlite';

import { expect, test } from 'vitest';

import { ATLAS_SCHEMA } from '../../../../tests/data/atlas-schema.ts';
import { splitStatements } from './split-statements.ts';

function sqlOf(text: string): string[] {
  return splitStatements(text).map(({ sql }) => sql);
}

test('semicolons in texts, names and comments do not end a statement', () => {
  expect(sqlOf(`SELECT ';', 'it''s;', "a;b" /* ; */ -- ;\n FROM t;; ;SELECT [x;y] ; -- the end;`)).toEqual([
    `SELECT ';', 'it''s;', "a;b" /* ; */ -- ;\n FROM t`,
    'SELECT [x;y]',
  ]);
});

test('a trigger is one statement, also with CASE and several statements in it', () => {
  const trigger = `CREATE TEMP TRIGGER x AFTER UPDATE ON t BEGIN
    UPDATE t SET a = CASE WHEN a > 1 THEN 2 END; DELETE FROM u; END`;
  expect(sqlOf(`${trigger}; SELECT 1`)).toEqual([trigger, 'SELECT 1']);
  expect(sqlOf('BEGIN; SELECT 1; END')).toEqual(['BEGIN', 'SELECT 1', 'END']);
});

test('every statement of a real schema is one that SQLite takes', () => {
  const db = new DatabaseSync(':memory:');
  const statements = sqlOf(ATLAS_SCHEMA);
  for (const sql of statements) {
    db.prepare(sql).run();
  }
  expect(statements.length).toBe(ATLAS_SCHEMA.split('CREATE ').length - 1);
});

test('a statement is where it says it is', () => {
  const text = '  -- one\n SELECT 1;\n\n  SELECT 2 ;';
  for (const { sql, from, to } of splitStatements(text)) {
    expect(text.slice(from, to)).toBe(sql);
  }
  expect(splitStatements(text).map(({ from }) => from)).toEqual([text.indexOf('SELECT 1'), text.indexOf('SELECT 2')]);
});
