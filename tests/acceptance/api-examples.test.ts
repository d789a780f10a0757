/**
 * The examples in docs/api.md are what the server answers, and leave no operation out.
 */
import { beforeAll, expect, test, vi } from 'vitest';

import { OPERATIONS } from '../../packages/contract/src/operations/all.ts';
import { readExamples } from '../../scripts/pages/examples.ts';
import { differences, type Example } from '../examples/example.ts';
import { playStory } from '../examples/playground.ts';
import { operationOf } from '../examples/run.ts';
import { WITHOUT_EXAMPLE } from '../examples/story.ts';

/** The story is long, and the machine may be busy. */
vi.setConfig({ hookTimeout: 240_000 });

const requestOf = (example: Example) => ({ ...example, response: undefined });

const documented = readExamples();
let played: Example[] = [];

beforeAll(async () => {
  played = await playStory();
});

test('every operation of the contract has an example, or a reason why it has none', () => {
  const covered = new Set([...documented.map(({ operation }) => operation), ...Object.keys(WITHOUT_EXAMPLE)]);
  expect([...covered].sort()).toEqual([...new Set(OPERATIONS.map(({ id }) => id))].sort());
});

test('each example, played again, has the documented request and status, and an answer of the same keys and types', () => {
  expect(played.map(requestOf)).toEqual(documented.map(requestOf));
  const changed = played.flatMap((example, index) =>
    differences(documented[index]?.response ?? null, example.response).map((one) => `${example.operation}: ${one}`),
  );
  expect(changed).toEqual([]);
});

test.each(documented.filter(({ status }) => status === 200))(
  '$operation: the documented answer fits the schema',
  ({ operation, response }) => {
    expect(operationOf(operation).response.safeParse(response).error).toBeUndefined();
  },
);

test('a key or a type that differs is found, wherever it is', () => {
  const before = { a: [{ b: 'text' }], c: null, d: 1 };
  expect(differences(before, { a: [{ b: 'other' }], c: 'now', d: 2 })).toEqual([]);
  expect(differences(before, { a: [{ b: 1 }], c: null, d: 1 })).toHaveLength(2);
  expect(differences(before, { a: [], c: null, d: 1 })).toHaveLength(1);
  expect(differences(before, { a: [{ b: 'text' }], c: null, e: 1 })).toHaveLength(2);
});
