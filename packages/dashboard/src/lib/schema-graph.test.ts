import { expect, test } from 'vitest';

import { schemaGraph } from './schema-graph.ts';

test('what is referred to stands left of what refers to it, and tables without keys are left out', () => {
  const graph = schemaGraph([
    { name: 'item', refersTo: ['purchase', 'product'] },
    { name: 'purchase', refersTo: ['Customer', 'customer'] },
    { name: 'customer', refersTo: [] },
    { name: 'product', refersTo: ['gone'] },
    { name: 'alone', refersTo: [] },
  ]);
  expect(Object.fromEntries(graph.nodes.map(({ name, column }) => [name, column]))).toEqual({
    item: 2,
    purchase: 1,
    customer: 0,
    product: 0,
  });
  expect(graph.edges).toContainEqual({ from: 'purchase', to: 'customer' });
  expect(graph.edges).toHaveLength(3);
});

test('tables that refer to themselves or to each other have a place', () => {
  const graph = schemaGraph([
    { name: 'a', refersTo: ['b', 'a'] },
    { name: 'b', refersTo: ['a'] },
  ]);
  expect(graph.nodes).toHaveLength(2);
  expect(graph.columns).toBe(2);
});
