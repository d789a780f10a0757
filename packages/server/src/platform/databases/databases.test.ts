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

test('a new database is answered with name, id and address, is served, and its file is there', async () => {
  const { status, body } = await api.post(DATABASES, { name: 'shop', group: 'default' });
  expect(status).toBe(200);
  expect(body.database).toMatchObject({ Name: 'shop', Hostname: 'shop-ada.localhost:8080' });
  expect(await api.platform.directory.byLabel('shop-ada')).toMatchObject({ databaseId: body.database.DbId });
  expect(await api.engine.files()).toEqual([`${body.database.DbId}/local`]);
});

test('a database is shown alike by itself and in the list', async () => {
  const id = await api.database('shop');
  const one = await api.get(`${DATABASES}/shop`);
  const list = await api.get(DATABASES);
  expect(one.body.database).toMatchObject({
    Name: 'shop',
    DbId: id,
    Hostname: 'shop-ada.localhost:8080',
    hostname: 'shop-ada.localhost:8080',
    regions: ['local'],
    primaryRegion: 'local',
    group: 'default',
    version: 'tech-preview',
    delete_protection: false,
    parent: null,
  });
  expect(list.body).toEqual({ databases: [one.body.database] });
});

test('a deleted database is gone with its files, and its name can be used at once', async () => {
  const first = await api.database('shop');
  expect(await api.delete(`${DATABASES}/shop`)).toEqual({ status: 200, body: { database: 'shop' } });
  expect((await api.get(`${DATABASES}/shop`)).status).toBe(404);
  expect(await api.platform.directory.byLabel('shop-ada')).toBeUndefined();
  expect(await api.engine.files()).toEqual([]);
  const second = await api.database('shop');
  expect(second).not.toBe(first);
  expect(await api.platform.directory.byLabel('shop-ada')).toMatchObject({ databaseId: second });
});

test('of two simultaneous creations of one name, one is a conflict', async () => {
  const answers = await Promise.all([
    api.post(DATABASES, { name: 'shop', group: 'default' }),
    api.post(DATABASES, { name: 'shop', group: 'default' }),
  ]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toEqual({
    error: 'database with name shop already exists',
    code: 'database_exists',
  });
  expect((await api.engine.files()).length).toBe(1);
});

test('of two simultaneous deletions, one finds nothing', async () => {
  await api.database('shop');
  const answers = await Promise.all([api.delete(`${DATABASES}/shop`), api.delete(`${DATABASES}/shop`)]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404]);
});

test.each([
  ['an upper case letter', 'Shop', 'lowercase'],
  ['an underscore', 'my_shop', 'lowercase'],
  ['a dot', 'my.shop', 'lowercase'],
  ['a letter outside of ASCII', 'übung', 'lowercase'],
  ['nothing', '', 'between 1 and 64'],
  ['65 characters', 'a'.repeat(65), 'between 1 and 64'],
  ['more than DNS takes', 'a'.repeat(60), 'DNS allows 63'],
  ['a leading dash', '-shop', 'cannot start'],
  ["an instance's address", 'local--shop', 'kept for the addresses of instances'],
])('a name with %s is refused, and the answer says why', async (_, name, reason) => {
  const { status, body } = await api.post(DATABASES, { name, group: 'default' });
  expect({ status, code: body.code }).toEqual({ status: 400, code: 'database_name_invalid' });
  expect(body.error).toContain(reason);
  expect((await api.get(DATABASES)).body.databases).toEqual([]);
});

test('the longest name that DNS takes is taken', async () => {
  expect((await api.post(DATABASES, { name: 'a'.repeat(59), group: 'default' })).status).toBe(200);
});

test('an unknown group is 400 on creation, and nothing is made', async () => {
  const { status, body } = await api.post(DATABASES, { name: 'shop', group: 'nowhere' });
  expect({ status, error: body.error }).toEqual({ status: 400, error: 'group not found' });
  expect(await api.engine.files()).toEqual([]);
});

test('without a group the only one, or the default one, is taken', async () => {
  await api.post(GROUPS, { name: 'another', location: 'lhr' });
  expect((await api.post(DATABASES, { name: 'shop' })).status).toBe(200);
  expect((await api.get(`${DATABASES}/shop`)).body.database.group).toBe('default');
});

test('the label of an address belongs to one database only, however it is split', async () => {
  const token = await api.user('x-ada');
  await api.post('/v1/organizations/x-ada/databases', { name: 'shop', group: 'default' }, { token });
  const { status, body } = await api.post(DATABASES, { name: 'shop-x', group: 'default' });
  expect({ status, code: body.code }).toEqual({ status: 409, code: 'address_taken' });
  expect(body.error).not.toContain('already exists');
});

test.each([
  ['an unknown kind of seed', { type: 'magic' }, 'seed_invalid', 400],
  ['a copy of nothing', { type: 'database' }, 'seed_invalid', 400],
  ['a copy of an unknown database', { type: 'database', name: 'nowhere' }, 'seed_not_found', 400],
  [
    'a copy as of before its beginning',
    { type: 'database', name: 'src', timestamp: '2020-05-01T00:00:00Z' },
    'restore_outside_window',
    400,
  ],
  ['a copy as of no time at all', { type: 'database', name: 'src', timestamp: 'yesterday' }, 'time_invalid', 400],
  ['a dump from elsewhere', { type: 'dump', url: 'https://example.org/dump.sql' }, 'seed_invalid', 400],
])('%s is refused, and nothing is made', async (_, seed, code, status) => {
  await api.database('src');
  const before = await api.engine.files();
  const answer = await api.post(DATABASES, { name: 'shop', group: 'default', seed });
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
  expect(await api.engine.files()).toEqual(before);
  expect((await api.get(`${DATABASES}/shop`)).status).toBe(404);
});

test.each([
  ['name, as the API documents it', { type: 'database', name: 'src' }],
  ['value, as the CLI sends it', { type: 'database', value: 'src' }],
])('a copy has the content of its source, and names it as parent: %s', async (_, seed) => {
  const source = await api.database('src');
  await api.engine.write({ databaseId: source, location: 'local' }, 'rows');
  const { body } = await api.post(DATABASES, { name: 'copy', group: 'default', seed });
  expect(await api.engine.read({ databaseId: body.database.DbId, location: 'local' })).toBe('rows');
  const { parent } = (await api.get(`${DATABASES}/copy`)).body.database;
  expect(parent).toEqual({ id: source, name: 'src', branched_at: '2026-06-01T12:00:00.000Z' });
  const branches = await api.get(`${DATABASES}?parent=${source}`);
  expect(branches.body.databases.map((database: { Name: string }) => database.Name)).toEqual(['copy']);
});

test('a database made for an upload waits for it, and not longer', async () => {
  const { body } = await api.post(DATABASES, { name: 'up', group: 'default', seed: { type: 'database_upload' } });
  const id: string = body.database.DbId;
  expect((await api.platform.directory.byId(id))?.settings.awaitingUpload).toBe(true);
  await api.platform.uploadFinished(id);
  expect((await api.platform.directory.byId(id))?.settings.awaitingUpload).toBe(false);
});

test('lists are filtered by group, and paged when a limit is given', async () => {
  await api.post(GROUPS, { name: 'eu', location: 'aws-eu-west-1' });
  await api.database('c');
  await api.database('a');
  await api.database('b', 'eu');
  expect(names(await api.get(DATABASES))).toEqual(['a', 'b', 'c']);
  expect(names(await api.get(`${DATABASES}?group=eu`))).toEqual(['b']);
  expect(names(await api.get(`${DATABASES}?schema=x`))).toEqual([]);
  const first = await api.get(`${DATABASES}?limit=2`);
  expect(names(first)).toEqual(['a', 'b']);
  const second = await api.get(`${DATABASES}?limit=2&cursor=${first.body.pagination.next}`);
  expect(names(second)).toEqual(['c']);
  expect(second.body.pagination).toEqual({});
  expect((await api.get(`${DATABASES}?limit=none`)).status).toBe(400);
});

test('below v3 a database is named by its id', async () => {
  const id = await api.database('shop');
  const { body: organization } = await api.get(`/v1/organizations/${OWNER}`);
  const databases = `/v3/organizations/${organization.organization.id}/databases`;
  expect((await api.get(`${databases}/${id}`)).body.database.Name).toBe('shop');
  expect((await api.get(`${databases}/shop`)).status).toBe(404);
  expect((await api.get(databases)).body.pagination).toEqual({});
  expect((await api.delete(`${databases}/${id}`)).body).toEqual({ database: 'shop' });
});

test('paths without an organization mean the personal one', async () => {
  await api.post('/v1/databases', { name: 'shop', group: 'default' });
  expect((await api.get(`${DATABASES}/shop`)).status).toBe(200);
  expect((await api.get('/v1/databases/shop/instances')).status).toBe(200);
});

test('configuration: what is left out or null stays, a null list is emptied', async () => {
  const id = await api.database('shop');
  const url = `${DATABASES}/shop/configuration`;
  const set = { size_limit: '1gb', block_writes: true, allowed_ips: ['10.0.0.0/8'], allowed_aws_vpc_ids: [] };
  const after = await api.patch(url, set);
  expect(after.body).toEqual({
    size_limit: '1073741824',
    durability: 'local',
    allow_attach: false,
    block_reads: false,
    block_writes: true,
    delete_protection: false,
    allowed_ips: ['10.0.0.0/8'],
    allowed_aws_vpc_ids: [],
    sync_protocol: 'v2',
  });
  expect(await api.platform.directory.byId(id)).toMatchObject({
    settings: { sizeLimitBytes: 1_073_741_824, blockWrites: true, blockReads: false },
    allowedIps: ['10.0.0.0/8'],
  });
  expect((await api.patch(url, { sync_protocol: 'v1' })).body.sync_protocol).toBe('v1');
  expect(await api.platform.directory.byId(id)).toMatchObject({ settings: { syncProtocol: 'v1' } });
  await api.patch(url, { sync_protocol: 'v2' });
  const cli = { allow_attach: null, delete_protection: null, allowed_ips: null, sync_protocol: null };
  expect((await api.patch(url, cli)).body).toEqual({ ...after.body, allowed_ips: [] });
  expect((await api.get(url)).body).toEqual({ ...after.body, allowed_ips: [] });
});

test.each([
  ['an address', { allowed_ips: ['10.0.0.0/8', 'office'] }, 'allowed_ip_invalid'],
  ['a size', { size_limit: 'big' }, 'size_limit_invalid'],
  ['a flag', { block_reads: 'yes' }, 'invalid_request'],
])('%s that cannot be understood changes nothing', async (_, patch, code) => {
  await api.database('shop');
  const url = `${DATABASES}/shop/configuration`;
  const before = await api.get(url);
  const answer = await api.patch(url, { block_writes: true, ...patch });
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 400, code });
  expect(await api.get(url)).toEqual(before);
});

test('a rule that nothing here can enforce is refused', async () => {
  await api.database('shop');
  const answer = await api.patch(`${DATABASES}/shop/configuration`, { allowed_aws_vpc_ids: ['vpce-1'] });
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 501, code: 'not_offered' });
});

test('a protected database cannot be deleted, neither alone nor with its group', async () => {
  await api.database('shop');
  await api.patch(`${DATABASES}/shop/configuration`, { delete_protection: true });
  const alone = await api.delete(`${DATABASES}/shop`);
  expect(alone).toEqual({
    status: 400,
    body: { error: 'database shop is delete-protected and cannot be deleted', code: 'database_protected' },
  });
  expect((await api.delete(`${GROUPS}/default`)).status).toBe(400);
  expect((await api.get(`${DATABASES}/shop`)).status).toBe(200);
  await api.patch(`${DATABASES}/shop/configuration`, { delete_protection: false });
  expect((await api.delete(`${DATABASES}/shop`)).status).toBe(200);
});

test.each(['', '/configuration', '/instances', '/instances/local'])(
  'an unknown database is 404 with the documented text: GET …/nowhere%s',
  async (rest) => {
    expect(await api.get(`${DATABASES}/nowhere${rest}`)).toEqual({
      status: 404,
      body: { error: 'could not find database with name nowhere: record not found', code: 'database_not_found' },
    });
  },
);

test('a database has one primary instance, with an address of its own', async () => {
  await api.database('shop');
  const { body } = await api.get(`${DATABASES}/shop/instances`);
  expect(body.instances).toEqual([
    {
      uuid: expect.any(String),
      name: 'local',
      type: 'primary',
      region: 'local',
      status: 'up',
      lag_frames: 0,
      lag_ms: 0,
      hostname: 'local--shop-ada.localhost:8080',
    },
  ]);
  expect((await api.get(`${DATABASES}/shop/instances/local`)).body).toEqual({ instance: body.instances[0] });
  expect((await api.get(`${DATABASES}/shop/instances/lhr`)).status).toBe(404);
});

function names(answer: { readonly body: { readonly databases: { readonly Name: string }[] } }): string[] {
  return answer.body.databases.map(({ Name }) => Name);
}
