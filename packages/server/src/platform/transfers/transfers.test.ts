import { afterEach, beforeEach, expect, test } from 'vitest';

import { createTokenVerifier } from '../../access/database-tokens.ts';
import { Harness, OWNER } from '../testing/harness.ts';

const GROUPS = `/v1/organizations/${OWNER}/groups`;
const DATABASES = `/v1/organizations/${OWNER}/databases`;

let api: Harness;
let id: string;

beforeEach(async () => {
  api = await Harness.start();
  await api.post('/v1/organizations', { name: 'acme' });
  await api.post(GROUPS, { name: 'eu', location: 'lhr' });
  id = await api.database('shop', 'eu');
});

afterEach(async () => {
  await api.stop();
});

async function verify(jwt: string) {
  const entry = await api.platform.directory.byId(id);
  return entry === undefined ? 'gone' : createTokenVerifier({ now: () => api.nowMs }).verify(entry, jwt);
}

test('a group moves with its databases: shown in the new place, old addresses and tokens still good', async () => {
  const { jwt } = (await api.post(`${GROUPS}/eu/auth/tokens`)).body;
  const { status, body } = await api.post(`${GROUPS}/eu/transfer`, { organization: 'acme' });
  expect({ status, name: body.name, locations: body.locations }).toEqual({
    status: 200,
    name: 'eu',
    locations: ['lhr'],
  });
  expect((await api.get(`${DATABASES}/shop`)).status).toBe(404);
  expect((await api.get('/v1/organizations/acme/databases/shop')).body.database).toMatchObject({
    DbId: id,
    Hostname: 'shop-acme.localhost:8080',
    group: 'eu',
  });
  const entry = await api.platform.directory.byLabel('shop-acme');
  expect(entry).toMatchObject({ databaseId: id, organizationSlug: 'acme' });
  expect(await api.platform.directory.byLabel('shop-ada')).toBe(entry);
  expect(await api.platform.directory.byLabel('shop-acme')).toBe(entry);
  expect(await verify(jwt)).toMatchObject({ level: 'full' });
});

test('a group that moves back has its first address again', async () => {
  await api.post(`${GROUPS}/eu/transfer`, { organization: 'acme' });
  await api.post('/v1/organizations/acme/groups/eu/transfer', { organization: OWNER });
  expect((await api.get(`${DATABASES}/shop`)).body.database.Hostname).toBe('shop-ada.localhost:8080');
  expect(await api.platform.directory.byLabel('shop-acme')).toMatchObject({ databaseId: id });
});

test('an address that a moved database still has is not given to another', async () => {
  await api.post(`${GROUPS}/eu/transfer`, { organization: 'acme' });
  const answer = await api.post(DATABASES, { name: 'shop', group: 'default' });
  expect(answer.body.code).toBe('address_taken');
});

test('tokens that were made for the group by its old organization end', async () => {
  const restriction = { organization: OWNER, group: 'eu', scopes: ['read'] };
  const { token } = (await api.post('/v1/auth/api-tokens/ci', restriction)).body;
  await api.post(`${GROUPS}/eu/transfer`, { organization: 'acme' });
  expect((await api.get('/v1/organizations', { token })).status).toBe(401);
});

test('a transfer that cannot be done changes nothing', async () => {
  await api.post('/v1/organizations/acme/databases', { name: 'shop', group: 'default' });
  const taken = await api.post(`${GROUPS}/eu/transfer`, { organization: 'acme' });
  expect({ status: taken.status, code: taken.body.code }).toEqual({ status: 409, code: 'database_exists' });
  expect((await api.post(`${GROUPS}/default/transfer`, { organization: 'acme' })).body.code).toBe('group_exists');
  expect((await api.post(`${GROUPS}/eu/transfer`, { organization: 'nowhere' })).body.code).toBe(
    'organization_not_found',
  );
  expect((await api.get(`${DATABASES}/shop`)).body.database).toMatchObject({ DbId: id, group: 'eu' });
});

test('nobody moves things to where they are no member', async () => {
  await api.user('bob');
  expect((await api.post(`${GROUPS}/eu/transfer`, { organization: 'bob' })).status).toBe(404);
  expect((await api.post(`${DATABASES}/shop/transfer`, { org: 'bob' })).status).toBe(404);
});

test('a single database moves into a group with the same locations, and takes its own tokens along', async () => {
  const { jwt } = (await api.post(`${DATABASES}/shop/auth/tokens`)).body;
  const groupJwt = (await api.post(`${GROUPS}/eu/auth/tokens`)).body.jwt;
  expect((await api.post(`${DATABASES}/shop/transfer`, { org: 'acme' })).body).toEqual({
    error: 'organization acme has no group with the locations lhr',
    code: 'transfer_no_group',
  });
  await api.post('/v1/organizations/acme/groups', { name: 'london', location: 'lhr' });
  expect(await api.post(`${DATABASES}/shop/transfer`, { org: 'acme' })).toEqual({ status: 200, body: {} });
  expect((await api.get('/v1/organizations/acme/databases/shop')).body.database).toMatchObject({
    DbId: id,
    group: 'london',
  });
  expect(await verify(jwt)).toMatchObject({ level: 'full' });
  expect(await verify(groupJwt)).toMatchObject({ failure: 'AUTH_JWT_INVALID' });
});

test('a transfer is in the log of both organizations', async () => {
  await api.post(`${GROUPS}/eu/transfer`, { organization: 'acme' });
  for (const slug of [OWNER, 'acme']) {
    const { audit_logs: logs } = (await api.get(`/v1/organizations/${slug}/audit-logs`)).body;
    expect(logs[0]).toMatchObject({ code: 'group-transfer', data: { from: OWNER, to: 'acme' } });
  }
});

test('a renamed group keeps its databases and tokens, and frees its name', async () => {
  const { jwt } = (await api.post(`${GROUPS}/eu/auth/tokens`)).body;
  expect((await api.post(`${GROUPS}/eu/rename`, { Name: 'default' })).status).toBe(409);
  expect((await api.post(`${GROUPS}/eu/rename`, { Name: 'E U' })).status).toBe(400);
  expect((await api.post(`${GROUPS}/eu/rename`, { Name: 'europe' })).body.group.name).toBe('europe');
  expect((await api.get(`${DATABASES}/shop`)).body.database.group).toBe('europe');
  expect((await api.get(`${GROUPS}/eu`)).status).toBe(404);
  expect(await verify(jwt)).toMatchObject({ level: 'full' });
});

test('what was deleted of a group, and can be restored, goes with it to the other organization', async () => {
  api.deletedRetentionMs = 86_400_000;
  await api.restart();
  const old = await api.database('old', 'eu');
  await api.delete(`${DATABASES}/old`);
  await api.post(`${GROUPS}/eu/transfer`, { organization: 'acme' });
  expect((await api.get(`${DATABASES}?deleted=true`)).body.databases).toEqual([]);
  const acme = '/v3/organizations/acme/databases';
  expect((await api.get(`${acme}?deleted=true`)).body.databases).toMatchObject([{ DbId: old, Name: 'old' }]);
  expect((await api.post(`/v3/organizations/${OWNER}/databases/${old}/restore`)).body.code).toBe('deleted_not_found');
  expect((await api.post(`${acme}/${old}/restore`)).status).toBe(200);
  expect((await api.get('/v1/organizations/acme/databases/old')).body.database).toMatchObject({
    DbId: old,
    Hostname: 'old-acme.localhost:8080',
    group: 'eu',
  });
});
