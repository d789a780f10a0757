import { DatabaseSync } from 'node:sqlite';

import { expect, test } from 'vitest';

import type { Cell } from './hrana.ts';
import { planTree } from './plan-tree.ts';

test('the plan of a real query is a tree, and a scan of a whole table stands out', () => {
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE a (id INTEGER PRIMARY KEY, x); CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a)');
  const rows = db
    .prepare('EXPLAIN QUERY PLAN SELECT * FROM b JOIN a ON a.id = b.a WHERE b.id IN (SELECT x FROM a) ORDER BY a.x')
    .all()
    .map((row) => Object.values(row) as Cell[]);
  const tree = planTree(rows);
  const all = tree.flatMap((step) => [step, ...step.children]);
  expect(all).toHaveLength(rows.length);
  expect(tree.some(({ children }) => children.length > 0)).toBe(true);
  expect(all.filter(({ isScan }) => isScan).map(({ detail }) => detail)).toContain('SCAN a');
  expect(all.find(({ detail }) => detail.startsWith('SEARCH a USING'))?.isScan).toBe(false);
});
