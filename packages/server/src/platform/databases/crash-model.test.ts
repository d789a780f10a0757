/**
 * Random changes, each of which the process may die in at any step of the engine. Whatever happens, afterwards records,
 * files and addresses say the same, and every change either took place or did not.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';

const DATABASES = `/v1/organizations/${OWNER}/databases`;
const LOCATIONS = `/v1/organizations/${OWNER}/groups/default/locations`;

type Change =
  | { readonly kind: 'create' | 'delete'; readonly name: string }
  | { readonly kind: 'copy'; readonly name: string; readonly source: string }
  | { readonly kind: 'add' | 'remove'; readonly location: string };

interface Step {
  readonly change: Change;
  /** The engine's call in which the process dies; beyond the last one it does not. */
  readonly diesAt: number;
}

interface State {
  readonly names: readonly string[];
  readonly locations: readonly string[];
}

const name = fc.constantFrom('a', 'b', 'c');
const location = fc.constantFrom('lhr', 'aws-eu-west-1');
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), name }),
  fc.record({ kind: fc.constant('delete' as const), name }),
  fc.record({ kind: fc.constant('copy' as const), name, source: name }),
  fc.record({ kind: fc.constant('add' as const), location }),
  fc.record({ kind: fc.constant('remove' as const), location }),
);
const steps = fc.array(fc.record({ change, diesAt: fc.integer({ min: 1, max: 8 }) }), { minLength: 3, maxLength: 10 });

async function request(api: Harness, wanted: Change): Promise<number> {
  switch (wanted.kind) {
    case 'create':
      return (await api.post(DATABASES, { name: wanted.name, group: 'default' })).status;
    case 'copy': {
      const seed = { type: 'database', name: wanted.source };
      return (await api.post(DATABASES, { name: wanted.name, group: 'default', seed })).status;
    }
    case 'delete':
      return (await api.delete(`${DATABASES}/${wanted.name}`)).status;
    case 'add':
      return (await api.post(`${LOCATIONS}/${wanted.location}`)).status;
    case 'remove':
      return (await api.delete(`${LOCATIONS}/${wanted.location}`)).status;
  }
}

/** What is true when the change takes place. */
function after(state: State, wanted: Change): State {
  switch (wanted.kind) {
    case 'create':
      return { ...state, names: [...new Set([...state.names, wanted.name])].sort() };
    case 'copy':
      return state.names.includes(wanted.source)
        ? { ...state, names: [...new Set([...state.names, wanted.name])].sort() }
        : state;
    case 'delete':
      return { ...state, names: state.names.filter((known) => known !== wanted.name) };
    case 'add':
      return { ...state, locations: [...new Set([...state.locations, wanted.location])].sort() };
    case 'remove':
      return { ...state, locations: state.locations.filter((known) => known !== wanted.location) };
  }
}

/** Answers whether the process died. */
async function perform(api: Harness, { change: wanted, diesAt }: Step): Promise<boolean> {
  const died = Promise.withResolvers<true>();
  let calls = 0;
  api.engine.before = async () => {
    calls += 1;
    if (calls >= diesAt) {
      died.resolve(true);
      await new Promise(() => undefined);
    }
  };
  const isDead = await Promise.race([died.promise, request(api, wanted).then(() => false)]);
  if (isDead) {
    await api.restart();
  }
  return isDead;
}

async function observe(api: Harness): Promise<State> {
  const { databases } = (await api.get(DATABASES)).body;
  const { group } = (await api.get(`/v1/organizations/${OWNER}/groups/default`)).body;
  return {
    names: databases.map(({ Name }: { Name: string }) => Name),
    locations: group.locations.slice(1).sort(),
  };
}

async function expectAgreement(api: Harness, { names, locations }: State): Promise<void> {
  const files: string[] = [];
  for (const database of names) {
    const entry = await api.platform.directory.byName(OWNER, database);
    const instances = entry?.instances.map((instance) => `${instance.role} ${instance.location}`) ?? [];
    expect(instances.sort()).toEqual(['primary local', ...locations.map((code) => `replica ${code}`)].sort());
    files.push(...['local', ...locations].map((code) => `${entry?.databaseId}/${code}`));
  }
  expect(await api.engine.files()).toEqual(files.sort());
  for (const absent of ['a', 'b', 'c'].filter((candidate) => !names.includes(candidate))) {
    expect(await api.platform.directory.byName(OWNER, absent)).toBeUndefined();
  }
  const { db } = api.store;
  expect(await db.selectFrom('removals').select('database_id').execute()).toEqual([]);
  expect((await db.selectFrom('databases').select('id').execute()).length).toBe(names.length);
  expect((await db.selectFrom('token_keys').select('id').execute()).length).toBe(names.length + 1);
}

test('no crash leaves records, files and addresses that disagree, or half a change', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const api = await Harness.start();
      try {
        let state: State = { names: [], locations: [] };
        for (const step of sequence) {
          const wanted = after(state, step.change);
          const isDead = await perform(api, step);
          const seen = await observe(api);
          expect(isDead ? [state, wanted] : [wanted]).toContainEqual(seen);
          await expectAgreement(api, seen);
          state = seen;
        }
      } finally {
        await api.stop();
      }
    }),
    { numRuns: 25 },
  );
});
