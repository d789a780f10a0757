import { DatabaseSync } from 'node:sqlite';

import { expect, test } from 'vitest';

import { planEdits } from './edit-plan.ts';

test('what is shown before the commit is what runs: both leave the same rows', () => {
  const databases = [new DatabaseSync(':memory:'), new DatabaseSync(':memory:')] as const;
  const plan = planEdits('item', [
    {
      kind: 'update',
      key: [{ column: 'rowid', value: 1n }],
      changes: new Map<string, string | null>([
        ['name', "O'Neil"],
        ['note', null],
      ]),
    },
    { kind: 'delete', key: [{ column: 'rowid', value: 2n }] },
    {
      kind: 'insert',
      values: new Map<string, string | number>([
        ['name', '?'],
        ['price', 0.5],
      ]),
    },
    { kind: 'insert', values: new Map() },
  ]);
  for (const [index, db] of databases.entries()) {
    db.exec(
      "CREATE TABLE item (name TEXT, price REAL, note TEXT); INSERT INTO item VALUES ('a', 1, 'x'), ('b', 2, 'y')",
    );
    for (const { sql, args, preview } of plan) {
      if (index === 0) {
        db.prepare(sql).run(...(args as (string | bigint)[]));
      } else {
        db.exec(preview);
      }
    }
  }
  const [ran, shown] = databases.map((db) => db.prepare('SELECT rowid, * FROM item').all());
  expect(ran).toEqual(shown);
  expect(ran).toEqual([
    { rowid: 1, name: "O'Neil", price: 1, note: null },
    { rowid: 2, name: '?', price: 0.5, note: null },
    { rowid: 3, name: null, price: null, note: null },
  ]);
});

test('a row is found by every part of its key, also by NULL', () => {
  const [planned] = planEdits('t', [
    {
      kind: 'delete',
      key: [
        { column: 'a', value: null },
        { column: 'b"', value: 'x' },
      ],
    },
  ]);
  expect(planned?.preview).toBe(`DELETE FROM "t" WHERE "a" IS NULL AND "b""" IS 'x'`);
  expect(planned?.args).toEqual([null, 'x']);
});
