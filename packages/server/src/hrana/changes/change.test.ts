import { expect, test } from 'vitest';

import { changeOf } from './change.ts';

test.each([
  ['INSERT INTO t VALUES (1)', 't', 'insert'],
  ['insert or ignore into main.T (a) values (1)', 't', 'insert'],
  ['REPLACE INTO "my ""t"" x" VALUES (1)', 'my "t" x', 'insert'],
  ['UPDATE OR ROLLBACK [t u] SET a = 1', 't u', 'update'],
  ['/* x */ DELETE FROM `t` WHERE a IN (SELECT a FROM u)', 't', 'delete'],
  ['WITH x AS (SELECT 1 FROM delete_log) UPDATE t SET a = 1', 't', 'update'],
  ["WITH x(insert_) AS (VALUES ('DELETE')) INSERT INTO t SELECT * FROM x", 't', 'insert'],
] as const)('%s changes %s by %s', (sql, table, action) => {
  expect(changeOf(sql)).toEqual({ table, action });
});

test.each(['SELECT * FROM t', 'CREATE TABLE t (a)', 'COMMIT', 'PRAGMA user_version = 1', ''])(
  '%s changes no rows',
  (sql) => {
    expect(changeOf(sql)).toBeUndefined();
  },
);
