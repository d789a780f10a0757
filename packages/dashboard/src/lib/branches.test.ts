import { expect, test } from 'vitest';

import { type BranchSource, branchTree } from './branches.ts';

function database(Name: string, parent?: string): BranchSource {
  return {
    Name,
    DbId: `id-${Name}`,
    parent: parent === undefined ? null : { id: `id-${parent}`, name: parent, branched_at: '2026-01-01T00:00:00Z' },
  };
}

test('the tree begins at the oldest ancestor, whichever of its databases is asked for', () => {
  const all = [
    database('main'),
    database('test', 'main'),
    database('fix', 'test'),
    database('aside', 'main'),
    database('other'),
  ];
  const tree = branchTree(all, 'fix');
  expect(tree).toEqual(branchTree(all, 'main'));
  expect(tree?.name).toBe('main');
  expect(tree?.children.map(({ name, children }) => [name, children.map((child) => child.name)])).toEqual([
    ['aside', []],
    ['test', ['fix']],
  ]);
});

test('a branch whose parent is gone is a root, and an unknown name has no tree', () => {
  expect(branchTree([database('fix', 'gone')], 'fix')).toMatchObject({ name: 'fix', children: [] });
  expect(branchTree([], 'none')).toBeUndefined();
});
