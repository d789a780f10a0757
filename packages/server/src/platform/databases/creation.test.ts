/**
 * What a failing engine, or the death of the process, can leave behind: nothing that anybody can see.
 */
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { EngineStep } from '../testing/folder-engine.ts';
import { Harness, OWNER } from '../testing/harness.ts';

const DATABASES = `/v1/organizations/${OWNER}/databases`;
const GROUPS = `/v1/organizations/${OWNER}/groups`;

let api: Harness;

beforeEach(async () => {
  api = await Harness.start();
});

afterEach(async () => {
  await api.stop();
});

async function rows(): Promise<Record<string, number>> {
  const { db } = api.store;
  const counts: Record<string, number> = {};
  for (const table of ['databases', 'database_labels', 'instances', 'removals'] as const) {
    const { n } = await db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    counts[table] = n;
  }
  const { n } = await db
    .selectFrom('token_keys')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  // One is the group's.
  counts['token_keys'] = n - 1;
  return counts;
}

const NOTHING = { databases: 0, database_labels: 0, instances: 0, removals: 0, token_keys: 0 };

function failAt(step: EngineStep): void {
  api.engine.before = async (current) => {
    if (current === step) {
      throw new Error('the disk is full');
    }
    await Promise.resolve();
  };
}

/** Starts a request and waits until the engine is at the step, where it then stays for ever. */
async function hangAt(step: EngineStep, request: () => Promise<unknown>): Promise<void> {
  const reached = Promise.withResolvers<void>();
  api.engine.before = async (current) => {
    if (current === step) {
      reached.resolve();
      await new Promise(() => undefined);
    }
  };
  void request();
  await reached.promise;
}

const CREATION: [EngineStep, object][] = [
  ['createDatabase', {}],
  ['copyDatabase', { seed: { type: 'database', name: 'src' } }],
  ['addReplica', {}],
];

test.each(CREATION)('a creation that fails at %s leaves nothing', async (step, more) => {
  await api.database('src');
  await api.post(`${GROUPS}/default/locations/lhr`);
  const before = { files: await api.engine.files(), rows: await rows() };
  failAt(step);
  const { status, body } = await api.post(DATABASES, { name: 'shop', group: 'default', ...more });
  expect({ status, code: body.code }).toEqual({ status: 500, code: 'internal' });
  expect(body.error).not.toContain('disk');
  expect({ files: await api.engine.files(), rows: await rows() }).toEqual(before);
  api.engine.before = async () => await Promise.resolve();
  expect((await api.post(DATABASES, { name: 'shop', group: 'default' })).status).toBe(200);
});

test.each(CREATION)('a creation that a crash ends at %s leaves nothing', async (step, more) => {
  await api.database('src');
  await api.post(`${GROUPS}/default/locations/lhr`);
  const before = { files: await api.engine.files(), rows: await rows() };
  await hangAt(step, async () => await api.post(DATABASES, { name: 'shop', group: 'default', ...more }));
  await api.restart();
  expect({ files: await api.engine.files(), rows: await rows() }).toEqual(before);
  expect((await api.get(`${DATABASES}/shop`)).status).toBe(404);
  expect((await api.post(DATABASES, { name: 'shop', group: 'default' })).status).toBe(200);
});

test('a database that is being made has no address and is in no list, but its name is taken', async () => {
  await hangAt('createDatabase', async () => await api.post(DATABASES, { name: 'shop', group: 'default' }));
  expect(await api.platform.directory.byLabel('shop-ada')).toBeUndefined();
  expect((await api.get(DATABASES)).body.databases).toEqual([]);
  expect((await api.post(DATABASES, { name: 'shop', group: 'default' })).status).toBe(409);
});

test('a deletion whose files cannot be removed is done all the same, and finished at the next start', async () => {
  const id = await api.database('shop');
  failAt('dropDatabase');
  expect((await api.delete(`${DATABASES}/shop`)).status).toBe(200);
  expect((await api.get(`${DATABASES}/shop`)).status).toBe(404);
  expect(await api.engine.files()).toEqual([`${id}/local`]);
  await api.restart();
  expect(await api.engine.files()).toEqual([]);
  expect(await rows()).toEqual(NOTHING);
});

test('a deletion that a crash interrupts is finished at the next start', async () => {
  await api.database('shop');
  await hangAt('dropDatabase', async () => await api.delete(`${DATABASES}/shop`));
  await api.restart();
  expect((await api.get(`${DATABASES}/shop`)).status).toBe(404);
  expect(await api.engine.files()).toEqual([]);
  expect(await rows()).toEqual(NOTHING);
});

test('a location that a crash interrupts while it is added is taken away again', async () => {
  const first = await api.database('a');
  const second = await api.database('b');
  await hangAt('addReplica', async () => await api.post(`${GROUPS}/default/locations/lhr`));
  await api.restart();
  expect((await api.get(`${GROUPS}/default`)).body.group.locations).toEqual(['local']);
  expect(await api.engine.files()).toEqual([`${first}/local`, `${second}/local`].sort());
  expect((await api.post(`${GROUPS}/default/locations/lhr`)).status).toBe(200);
});

test('a location that cannot be added leaves nothing, and can be added later', async () => {
  const id = await api.database('a');
  failAt('addReplica');
  expect((await api.post(`${GROUPS}/default/locations/lhr`)).status).toBe(500);
  expect((await api.get(`${GROUPS}/default`)).body.group.locations).toEqual(['local']);
  expect(await api.engine.files()).toEqual([`${id}/local`]);
  api.engine.before = async () => await Promise.resolve();
  expect((await api.post(`${GROUPS}/default/locations/lhr`)).body.group.locations).toEqual(['local', 'lhr']);
});

test('a location that a crash interrupts while it is removed is gone', async () => {
  const id = await api.database('a');
  await api.post(`${GROUPS}/default/locations/lhr`);
  await hangAt('removeReplica', async () => await api.delete(`${GROUPS}/default/locations/lhr`));
  await api.restart();
  expect((await api.get(`${GROUPS}/default`)).body.group.locations).toEqual(['local']);
  expect(await api.engine.files()).toEqual([`${id}/local`]);
});

test('a location that could not be cleared away can be added again, with fresh replicas', async () => {
  const id = await api.database('a');
  await api.post(`${GROUPS}/default/locations/lhr`);
  await api.engine.write({ databaseId: id, location: 'lhr' }, 'stale');
  failAt('removeReplica');
  expect((await api.delete(`${GROUPS}/default/locations/lhr`)).body.group.locations).toEqual(['local']);
  api.engine.before = async () => await Promise.resolve();
  await api.post(`${GROUPS}/default/locations/lhr`);
  expect(await api.engine.read({ databaseId: id, location: 'lhr' })).toBe('');
});

test('databases that come and go while a location is added all have their replica there in the end', async () => {
  await api.database('first');
  await Promise.all([
    api.post(DATABASES, { name: 'a', group: 'default' }),
    api.post(`${GROUPS}/default/locations/lhr`),
    api.post(DATABASES, { name: 'b', group: 'default' }),
    api.delete(`${DATABASES}/first`),
    api.post(DATABASES, { name: 'c', group: 'default' }),
  ]);
  const { body } = await api.get(DATABASES);
  const expected = body.databases.flatMap(({ DbId }: { DbId: string }) => [`${DbId}/lhr`, `${DbId}/local`]).sort();
  expect(body.databases.length).toBe(3);
  expect(await api.engine.files()).toEqual(expected);
  for (const { Name } of body.databases as { Name: string }[]) {
    const instances = (await api.get(`${DATABASES}/${Name}/instances`)).body.instances as { type: string }[];
    expect(instances.map(({ type }) => type)).toEqual(['primary', 'replica']);
  }
});

test('no two databases ever share a label, whatever names they and their organizations have', async () => {
  const part = fc.constantFrom('a', 'b', 'c');
  const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('-'));
  const slugs = ['a', 'b-a', 'c-b-a', 'a-b', 'b'];
  const tokens = new Map<string, string>();
  for (const slug of slugs) {
    tokens.set(slug, await api.user(slug));
  }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, fc.constantFrom(...slugs)), { maxLength: 12 }), async (wanted) => {
      const labels = new Set<string>();
      const owned = new Map<string, string>();
      for (const [database, slug] of wanted) {
        const token = tokens.get(slug) ?? '';
        const { status, body } = await api.post(
          `/v1/organizations/${slug}/databases`,
          { name: database, group: 'default' },
          { token },
        );
        const label = `${database}-${slug}`;
        expect(status).toBe(labels.has(label) ? 409 : 200);
        const served = await api.platform.directory.byName(slug, database);
        expect(served?.databaseId).toBe(status === 200 ? body.database.DbId : owned.get(`${slug}/${database}`));
        if (status === 200) {
          labels.add(label);
          owned.set(`${slug}/${database}`, body.database.DbId);
        }
      }
      for (const [database, slug] of wanted) {
        const token = tokens.get(slug) ?? '';
        await api.delete(`/v1/organizations/${slug}/databases/${database}`, { token });
      }
    }),
    { numRuns: 20 },
  );
});
