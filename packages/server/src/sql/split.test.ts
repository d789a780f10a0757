import { expect, test } from 'vitest';

import { lastStatement, splitStatements } from './split.ts';

test.each([
  ['SELECT 1; SELECT 2;', ['SELECT 1', 'SELECT 2'], ''],
  ["SELECT ';'; SELECT 'it''s; ok'", ["SELECT ';'"], " SELECT 'it''s; ok'"],
  ['SELECT "a;b", [c;d], `e;f`;', ['SELECT "a;b", [c;d], `e;f`'], ''],
  ['SELECT 1 -- not; here\n; /* nor; here */ ;;', ['SELECT 1 -- not; here'], ''],
  ["SELECT 'open; string", [], "SELECT 'open; string"],
  ['SELECT 1 /* open; comment', [], 'SELECT 1 /* open; comment'],
  [
    'CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES (1); UPDATE b SET c = CASE WHEN 1 THEN 2 END; END; SELECT 1;',
    [
      'CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES (1); UPDATE b SET c = CASE WHEN 1 THEN 2 END; END',
      'SELECT 1',
    ],
    '',
  ],
  [
    'create temp trigger t after insert on a begin select 1;',
    [],
    'create temp trigger t after insert on a begin select 1;',
  ],
  ['BEGIN; INSERT INTO a VALUES (1); END;', ['BEGIN', 'INSERT INTO a VALUES (1)', 'END'], ''],
])('%j is cut where SQLite would', (text, statements, rest) => {
  expect(splitStatements(text)).toEqual({ statements, rest });
});

test.each([
  ['  \n -- only this\n', undefined],
  ['/* open', undefined],
  [' SELECT 1 -- last', 'SELECT 1 -- last'],
])('of %j the last statement is %j', (rest, statement) => {
  expect(lastStatement(rest)).toBe(statement);
});
