import { afterEach, beforeEach, expect, test } from 'vitest';

import { StoredDirectory } from './stored-directory.ts';
import { Harness, OWNER } from './testing/harness.ts';

let api: Harness;
let id: string;

beforeEach(async () => {
  api = await Harness.start();
  id = await api.database('shop');
});

afterEach(async () => {
  await api.stop();
});

test('a database is found by label, name and id, and is the same object each time', async () => {
  const { directory } = api.platform;
  const entry = await directory.byLabel('shop-ada');
  expect(entry).toMatchObject({ databaseId: id, databaseName: 'shop', organizationSlug: OWNER });
  expect(await directory.byName(OWNER, 'shop')).toBe(entry);
  expect(await directory.byId(id)).toBe(entry);
});

test('lookups at the same time load once', async () => {
  const directory = new StoredDirectory(api.store.db, api.store.coordination);
  const [first, second] = await Promise.all([directory.byLabel('shop-ada'), directory.byLabel('shop-ada')]);
  expect(first).toBe(second);
});

test('a name is found in its own organization only, although another split has the same label', async () => {
  const { directory } = api.platform;
  expect(await directory.byName('x', 'shop-ada')).toBeUndefined();
  const token = await api.user('b-c');
  await api.post('/v1/databases', { name: 'a', group: 'default' }, { token });
  expect(await directory.byName('b-c', 'a')).toMatchObject({ databaseName: 'a' });
  expect(await directory.byName('c', 'a-b')).toBeUndefined();
});

test('a change is told before it is answered, and seen by the next lookup', async () => {
  const { directory } = api.platform;
  const before = await directory.byId(id);
  const told: string[] = [];
  const stop = directory.onChange((databaseId) => told.push(databaseId));
  await api.patch('/v1/databases/shop/configuration', { block_reads: true });
  // With several processes on one store, the message of the change follows.
  expect(told).toContain(id);
  expect(before?.settings.blockReads).toBe(false);
  expect((await directory.byId(id))?.settings.blockReads).toBe(true);
  await api.post('/v1/databases/shop/auth/rotate');
  await api.post('/v1/groups/default/auth/rotate');
  await api.post('/v1/groups/default/locations/lhr');
  await api.delete('/v1/databases/shop');
  // On a store that several processes share, the messages of the same changes come on top.
  expect(told.filter((databaseId) => databaseId === id).length).toBeGreaterThanOrEqual(5);
  stop();
  const heard = told.length;
  await api.database('shop');
  expect(told.length).toBe(heard);
});

test('an entry that was being loaded when its database changed is not kept', async () => {
  const directory = new StoredDirectory(api.store.db, api.store.coordination);
  const loading = directory.byId(id);
  directory.changed(id);
  const fresh = directory.byId(id);
  const [stale, current] = await Promise.all([loading, fresh]);
  expect(stale).not.toBe(current);
  expect(await directory.byId(id)).toBe(current);
});

test('a change in the group reaches the other databases of the group', async () => {
  const other = await api.database('other');
  const { directory } = api.platform;
  expect((await directory.byId(id))?.attachable).toEqual([]);
  await api.patch('/v1/databases/other/configuration', { allow_attach: true });
  expect((await directory.byId(id))?.attachable).toEqual([{ name: 'other', databaseId: other }]);
});

test('a full cache forgets whole entries, and finds them again', async () => {
  await api.database('other');
  const directory = new StoredDirectory(api.store.db, api.store.coordination, { entriesMax: 1 });
  const first = await directory.byLabel('shop-ada');
  await directory.byLabel('other-ada');
  const again = await directory.byLabel('shop-ada');
  expect(again).not.toBe(first);
  expect(again).toMatchObject({ databaseId: id });
});
