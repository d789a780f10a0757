import { afterEach, beforeEach, expect, test } from 'vitest';

import { type Answer, Harness, OWNER } from '../testing/harness.ts';

const DAY_MS = 86_400_000;

let api: Harness;
let organizationId: string;
let v3: string;

beforeEach(async () => {
  api = await Harness.start();
  api.deletedRetentionMs = 5 * DAY_MS;
  await api.restart();
  organizationId = (await api.get(`/v1/organizations/${OWNER}`)).body.organization.id;
  v3 = `/v3/organizations/${organizationId}`;
});

afterEach(async () => {
  await api.stop();
});

async function deleted(query = ''): Promise<Answer['body'][]> {
  return (await api.get(`${v3}/databases?deleted=true${query}`)).body.databases;
}

async function restore(id: string, body?: unknown, token?: string): Promise<Answer> {
  return await api.post(`${v3}/databases/${id}/restore`, body, token === undefined ? {} : { token });
}

test('a deleted database is gone outwardly at once: list, address, instances, and its name is free', async () => {
  const id = await api.database('shop');
  const before = await api.platform.directory.byId(id);
  await api.delete('/v1/databases/shop');
  expect(before).toBeDefined();
  expect(await api.platform.directory.byId(id)).toBeUndefined();
  expect(await api.platform.directory.byLabel(`shop-${OWNER}`)).toBeUndefined();
  expect((await api.get('/v1/databases')).body.databases).toEqual([]);
  expect((await api.get('/v1/databases/shop/instances')).status).toBe(404);
  expect(await api.database('shop')).not.toBe(id);
});

test('a restored database is as it was: content, configuration, instances, key of its tokens and address', async () => {
  const id = await api.database('shop');
  await api.engine.write({ databaseId: id, location: 'local' }, 'orders');
  await api.patch('/v1/databases/shop/configuration', { block_reads: true, size_limit: '1mb' });
  const before = {
    database: (await api.get('/v1/databases/shop')).body,
    instances: (await api.get('/v1/databases/shop/instances')).body,
    entry: await api.platform.directory.byId(id),
  };
  await api.delete('/v1/databases/shop');
  await api.restart();
  const { body } = await restore(id);
  expect(body.database).toMatchObject({ DbId: id, Name: 'shop', organization_id: organizationId });
  expect({
    database: (await api.get('/v1/databases/shop')).body,
    instances: (await api.get('/v1/databases/shop/instances')).body,
    entry: await api.platform.directory.byId(id),
  }).toEqual(before);
  expect(await api.engine.read({ databaseId: id, location: 'local' })).toBe('orders');
  expect((await restore(id)).body.code).toBe('deleted_not_found');
});

test('where the name is taken, a new one is needed', async () => {
  const id = await api.database('shop');
  await api.delete('/v1/databases/shop');
  await api.database('shop');
  expect((await restore(id)).body.code).toBe('database_exists');
  expect((await restore(id, { name: 'Not Good' })).body.code).toBe('database_name_invalid');
  expect((await restore(id, { name: 'old-shop' })).body.database.Hostname).toBe(`old-shop-${OWNER}.localhost:8080`);
  expect((await api.get('/v1/databases/old-shop')).body.database.DbId).toBe(id);
});

test('deleted databases are listed with when and where they were, found by a search, page by page', async () => {
  for (const name of ['one', 'two', 'three']) {
    await api.database(name);
    await api.delete(`/v1/databases/${name}`);
    api.nowMs += 1000;
  }
  expect(await deleted()).toMatchObject([
    {
      Name: 'three',
      deleted_at: '2026-06-01T12:00:02.000Z',
      restorable_until: '2026-06-06T12:00:02.000Z',
      group_deleted_at: null,
      group: 'default',
    },
    { Name: 'two' },
    { Name: 'one' },
  ]);
  expect((await deleted('&search=TW')).map(({ Name }) => Name)).toEqual(['two']);
  const first = (await api.get(`${v3}/databases?deleted=true&limit=2`)).body;
  const second = (await api.get(`${v3}/databases?deleted=true&limit=2&cursor=${first.pagination.next}`)).body;
  expect([...first.databases, ...second.databases].map(({ Name }) => Name)).toEqual(['three', 'two', 'one']);
  expect(second.pagination).toEqual({});
});

test('after its time a database is gone for good, with its files', async () => {
  const id = await api.database('shop');
  await api.delete('/v1/databases/shop');
  api.nowMs += 5 * DAY_MS - 1;
  await api.platform.tidy();
  expect((await api.engine.files()).length).toBe(1);
  api.nowMs += 1;
  expect((await restore(id)).body.code).toBe('deleted_not_found');
  await api.platform.tidy();
  expect(await api.engine.files()).toEqual([]);
  expect(await deleted()).toEqual([]);
});

test('a restored group brings back what was deleted with it, and tells what it could not', async () => {
  const { uuid } = (await api.post('/v1/groups', { name: 'eu', location: 'lhr' })).body.group;
  await api.post('/v1/groups/eu/locations/local');
  const id = await api.database('shop', 'eu');
  const taken = await api.database('taken', 'eu');
  await api.database('earlier', 'eu');
  await api.delete('/v1/databases/earlier');
  api.nowMs += 1000;
  await api.delete('/v1/groups/eu');
  expect((await api.get('/v1/groups/eu')).status).toBe(404);
  await api.database('taken');
  expect((await restore(id)).body.code).toBe('restore_group_missing');
  expect((await api.get(`${v3}/deleted-groups`)).body).toEqual({
    groups: [{ uuid, name: 'eu', deleted_at: '2026-06-01T12:00:01.000Z', cascade_databases: 2 }],
    pagination: {},
  });
  const { body } = await api.post(`${v3}/groups/${uuid}/restore`);
  expect(body).toMatchObject({
    group: { name: 'eu', uuid, primary: 'lhr', locations: ['lhr', 'local'] },
    databases: [{ DbId: id, Name: 'shop' }],
    failures: { [taken]: 'database with name taken already exists' },
  });
  expect((await api.get('/v1/databases/shop/instances')).body.instances.length).toBe(2);
  expect(new Set((await deleted()).map(({ Name }) => Name))).toEqual(new Set(['earlier', 'taken']));
  expect((await api.get(`${v3}/deleted-groups`)).body.groups).toEqual([]);
});

test('a group whose name is taken is not restored, and stays to be', async () => {
  const { uuid } = (await api.post('/v1/groups', { name: 'eu', location: 'lhr' })).body.group;
  await api.delete('/v1/groups/eu');
  await api.post('/v1/groups', { name: 'eu', location: 'lhr' });
  expect((await api.post(`${v3}/groups/${uuid}/restore`)).body.code).toBe('group_exists');
  expect((await api.get(`${v3}/deleted-groups`)).body.groups.length).toBe(1);
});

test('with restoring turned off, deleted is deleted, and what was kept before is not restored', async () => {
  const kept = await api.database('kept');
  await api.delete('/v1/databases/kept');
  const off = await api.patch(`/v1/organizations/${OWNER}`, { restore_enabled: false });
  expect(off.body.organization.restore_enabled).toBe(false);
  expect((await restore(kept)).body.code).toBe('restore_disabled');
  const gone = await api.database('gone');
  await api.delete('/v1/databases/gone');
  expect((await api.engine.files()).filter((file) => file.startsWith(gone))).toEqual([]);
  await api.patch(`/v1/organizations/${OWNER}`, { restore_enabled: true });
  expect((await restore(kept)).status).toBe(200);
});

test('only admins restore, in their own organization only', async () => {
  const id = await api.database('shop');
  await api.delete('/v1/databases/shop');
  const bob = await api.user('bob');
  expect((await restore(id, undefined, bob)).body.code).toBe('not_a_member');
  const elsewhere = await api.post(`/v3/organizations/bob/databases/${id}/restore`, undefined, { token: bob });
  expect(elsewhere.body.code).toBe('deleted_not_found');
});

test('whatever step a deletion or a restore stops at, the database is deleted or there, and whole', async () => {
  const id = await api.database('shop');
  await api.engine.write({ databaseId: id, location: 'local' }, 'orders');
  api.engine.before = async (step) => {
    if (step === 'closeDatabase') {
      throw new Error('the engine is away');
    }
    await Promise.resolve();
  };
  expect((await api.delete('/v1/databases/shop')).status).toBe(200);
  await api.restart();
  expect((await deleted()).map(({ DbId }) => DbId)).toEqual([id]);
  await api.post('/v1/groups/default/locations/lhr');
  api.engine.before = async (step) => {
    if (step === 'addReplica') {
      throw new Error('the engine is away');
    }
    await Promise.resolve();
  };
  expect((await restore(id)).status).toBe(500);
  expect((await deleted()).length).toBe(1);
  await api.restart();
  expect((await restore(id)).status).toBe(200);
  expect((await api.get('/v1/databases/shop/instances')).body.instances.length).toBe(2);
  expect(await api.engine.read({ databaseId: id, location: 'lhr' })).toBe('orders');
});

test('a deleted organization takes along what could be restored', async () => {
  await api.post('/v1/organizations', { name: 'team' });
  await api.post('/v1/organizations/team/databases', { name: 'shop', group: 'default' });
  await api.delete('/v1/organizations/team/databases/shop');
  expect((await api.engine.files()).length).toBe(1);
  expect((await api.delete('/v1/organizations/team')).status).toBe(200);
  expect(await api.engine.files()).toEqual([]);
});
