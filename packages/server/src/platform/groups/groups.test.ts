import { afterEach, beforeEach, expect, test } from 'vitest';

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

test('there is a group before anybody made one', async () => {
  expect((await api.get(GROUPS)).body.groups).toEqual([
    {
      name: 'default',
      version: 'tech-preview',
      uuid: expect.any(String),
      locations: ['local'],
      primary: 'local',
      delete_protection: false,
      archived: false,
      status: { locations: [{ name: 'local', status: 'up' }] },
    },
  ]);
});

test('a group can be used as soon as its creation is answered', async () => {
  const { status, body } = await api.post(GROUPS, { name: 'eu', location: 'aws-eu-west-1', extensions: 'all' });
  expect({ status, name: body.group.name, primary: body.group.primary }).toEqual({
    status: 200,
    name: 'eu',
    primary: 'aws-eu-west-1',
  });
  expect((await api.get(`${GROUPS}/eu/locations/aws-eu-west-1/wait`)).body).toEqual({});
  await api.database('shop', 'eu');
  expect((await api.get(`${DATABASES}/shop`)).body.database).toMatchObject({
    group: 'eu',
    primaryRegion: 'aws-eu-west-1',
  });
});

test('the CLI makes groups with names of fields in Pascal case', async () => {
  const { body } = await api.post(GROUPS, { Name: 'eu', Location: 'lhr', Version: 'latest' });
  expect(body.group).toMatchObject({ name: 'eu', primary: 'lhr' });
});

test.each([
  ['a second one of the same name', { name: 'default', location: 'local' }, 409, 'group already exists'],
  ['an unknown location', { name: 'eu', location: 'amss' }, 400, 'invalid location: amss'],
  ['no location', { name: 'eu' }, 400, 'invalid request: location'],
  ['an invalid name', { name: 'E U', location: 'local' }, 400, 'invalid group name'],
  ['no name', { name: '', location: 'local' }, 400, 'invalid group name'],
])('%s is refused', async (_, body, status, error) => {
  const answer = await api.post(GROUPS, body);
  expect(answer.status).toBe(status);
  expect(answer.body.error).toContain(error);
  expect((await api.get(GROUPS)).body.groups.length).toBe(1);
});

test('of two simultaneous creations, one is a conflict', async () => {
  const wanted = { name: 'eu', location: 'local' };
  const answers = await Promise.all([api.post(GROUPS, wanted), api.post(GROUPS, wanted)]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
});

test('a group is deleted with all its databases, their files and addresses', async () => {
  await api.database('a');
  await api.database('b');
  const { status, body } = await api.delete(`${GROUPS}/default`);
  expect({ status, name: body.group.name }).toEqual({ status: 200, name: 'default' });
  expect(await api.engine.files()).toEqual([]);
  expect((await api.get(DATABASES)).body.databases).toEqual([]);
  expect(await api.platform.directory.byLabel('a-ada')).toBeUndefined();
  expect((await api.get(`${GROUPS}/default`)).status).toBe(404);
});

test('a protected group cannot be deleted', async () => {
  expect((await api.patch(`${GROUPS}/default/configuration`, { delete_protection: true })).body).toEqual({
    delete_protection: true,
  });
  expect((await api.delete(`${GROUPS}/default`)).body.code).toBe('group_protected');
  expect((await api.patch(`${GROUPS}/default/configuration`, { delete_protection: null })).body).toEqual({
    delete_protection: true,
  });
  expect((await api.get(`${GROUPS}/default/configuration`)).body).toEqual({ delete_protection: true });
});

test('a location that is added has a replica of each database, old and new; databases show it', async () => {
  const old = await api.database('old');
  await api.engine.write({ databaseId: old, location: 'local' }, 'rows');
  const { body } = await api.post(`${GROUPS}/default/locations/lhr`);
  expect(body.group).toMatchObject({ primary: 'local', locations: ['local', 'lhr'] });
  const young = await api.database('young');
  expect(await api.engine.files()).toEqual([`${old}/lhr`, `${old}/local`, `${young}/lhr`, `${young}/local`].sort());
  expect(await api.engine.read({ databaseId: old, location: 'lhr' })).toBe('rows');
  expect((await api.get(`${DATABASES}/old`)).body.database.regions).toEqual(['local', 'lhr']);
  expect((await api.platform.directory.byId(old))?.instances.map(({ location, role }) => [location, role])).toEqual([
    ['local', 'primary'],
    ['lhr', 'replica'],
  ]);
});

test('a location that is removed takes its replicas along, and instances keep their ids', async () => {
  const id = await api.database('shop');
  const before = await api.get(`${DATABASES}/shop/instances`);
  await api.post(`${GROUPS}/default/locations/lhr`);
  expect((await api.delete(`${GROUPS}/default/locations/lhr`)).body.group.locations).toEqual(['local']);
  expect(await api.engine.files()).toEqual([`${id}/local`]);
  expect(await api.get(`${DATABASES}/shop/instances`)).toEqual(before);
  expect((await api.platform.directory.byId(id))?.instances.length).toBe(1);
});

test('adding a location twice is fine', async () => {
  await api.post(`${GROUPS}/default/locations/lhr`);
  expect((await api.post(`${GROUPS}/default/locations/lhr`)).body.group.locations).toEqual(['local', 'lhr']);
});

test.each([
  ['POST', 'amss', 400, 'invalid location: amss'],
  ['DELETE', 'lhr', 400, 'Invalid location code'],
  ['DELETE', 'local', 400, 'cannot remove the primary location local of group default'],
])('%s of location %s is refused', async (method, location, status, error) => {
  const answer = await api.call(method, `${GROUPS}/default/locations/${location}`);
  expect({ status: answer.status, error: answer.body.error }).toEqual({ status, error });
});

test.each([
  ['GET', ''],
  ['DELETE', ''],
  ['GET', '/configuration'],
  ['PATCH', '/configuration'],
  ['POST', '/locations/lhr'],
  ['DELETE', '/locations/lhr'],
  ['GET', '/locations/lhr/wait'],
  ['POST', '/auth/tokens'],
  ['POST', '/auth/rotate'],
])('%s of an unknown group%s is 404', async (method, rest) => {
  const answer = await api.call(method, `${GROUPS}/nowhere${rest}`);
  expect(answer).toEqual({ status: 404, body: { error: 'group not found', code: 'group_not_found' } });
});

test('below v3 a group is named by its id', async () => {
  const { uuid } = (await api.get(`${GROUPS}/default`)).body.group;
  expect((await api.get(`/v3/organizations/${OWNER}/groups/${uuid}`)).body.group.name).toBe('default');
  expect((await api.get(`/v3/organizations/${OWNER}/groups/default`)).status).toBe(404);
  const { body } = await api.post(`/v3/organizations/${OWNER}/databases`, { name: 'shop', group_id: uuid });
  expect(body.database.Name).toBe('shop');
});
