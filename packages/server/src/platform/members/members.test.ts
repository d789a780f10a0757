import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';

const MEMBERS = '/v1/organizations/acme/members';

let api: Harness;
let bob: string;

beforeEach(async () => {
  api = await Harness.start();
  bob = await api.user('bob');
  await api.post('/v1/organizations', { name: 'acme' });
});

afterEach(async () => {
  await api.stop();
});

test('an added member is listed, and may do what the role allows', async () => {
  expect((await api.get('/v1/organizations/acme/groups', { token: bob })).status).toBe(403);
  expect(await api.post(MEMBERS, { username: 'bob', role: 'viewer' })).toEqual({
    status: 200,
    body: { member: 'bob', role: 'viewer' },
  });
  const member = { username: 'bob', role: 'viewer', email: 'bob@example.org' };
  expect((await api.get(`${MEMBERS}/bob`)).body).toEqual({ member });
  expect((await api.get(MEMBERS)).body.members).toContainEqual(member);
  expect((await api.get('/v1/organizations/acme/groups', { token: bob })).status).toBe(200);
  const make = { name: 'shop', group: 'default' };
  expect((await api.post('/v1/organizations/acme/databases', make, { token: bob })).status).toBe(403);
});

test('the SDK adds members by another path and field, with "member" as the default role', async () => {
  const { body } = await api.post(`${MEMBERS}/bob`, { member: 'bob' });
  expect(body).toEqual({ member: 'bob', role: 'member' });
});

test.each([
  ['an unknown user', { username: 'eve' }, 404, 'could not find user eve'],
  ['a member', { username: OWNER }, 409, `user ${OWNER} is already a member of organization acme`],
  ['a second owner', { username: 'bob', role: 'owner' }, 400, 'invalid role'],
  ['a role of another name', { username: 'bob', role: 'boss' }, 400, 'invalid role'],
  ['nobody', {}, 400, 'invalid request: username: is missing'],
])('adding %s is refused', async (_, body, status, error) => {
  const answer = await api.post(MEMBERS, body);
  expect({ status: answer.status, error: answer.body.error }).toEqual({ status, error });
});

test('a personal organization stays personal', async () => {
  expect((await api.post(`/v1/organizations/${OWNER}/members`, { username: 'bob' })).body.code).toBe(
    'organization_personal',
  );
});

test('a role can be changed by admins, but not that of the owner, and nobody becomes owner', async () => {
  await api.post(MEMBERS, { username: 'bob', role: 'member' });
  expect(await api.patch(`${MEMBERS}/bob`, { role: 'admin' }, { token: bob })).toEqual({
    status: 403,
    body: { error: 'updating member roles is only allowed for admin or owner', code: 'member_update_forbidden' },
  });
  expect((await api.patch(`${MEMBERS}/bob`, { role: 'admin' })).body).toEqual({
    member: { username: 'bob', role: 'admin', email: 'bob@example.org' },
  });
  expect((await api.patch(`${MEMBERS}/${OWNER}`, { role: 'viewer' }, { token: bob })).body.code).toBe(
    'owner_immutable',
  );
  expect((await api.patch(`${MEMBERS}/bob`, { role: 'owner' })).body.error).toBe('invalid role');
  expect((await api.patch(`${MEMBERS}/eve`, { role: 'admin' })).body.error).toBe('could not find user eve');
});

test('a removed member is out at once, tokens for the organization included', async () => {
  await api.post(MEMBERS, { username: 'bob' });
  const { token } = (await api.post('/v1/auth/api-tokens/ci', { organization: 'acme' }, { token: bob })).body;
  expect((await api.get('/v1/organizations/acme', { token })).status).toBe(200);
  expect(await api.delete(`${MEMBERS}/bob`)).toEqual({ status: 200, body: { member: 'bob' } });
  expect((await api.get('/v1/organizations/acme', { token })).status).toBe(401);
  expect((await api.get('/v1/organizations/acme', { token: bob })).body).toEqual({
    error: 'you are not a member of organization acme',
    code: 'not_a_member',
  });
  expect((await api.delete(`${MEMBERS}/bob`)).body.error).toBe('user bob is not a member of org acme');
});

test('anybody may leave, but only admins may remove others, and the owner stays', async () => {
  const carol = await api.user('carol');
  await api.post(MEMBERS, { username: 'bob', role: 'viewer' });
  await api.post(MEMBERS, { username: 'carol', role: 'viewer' });
  expect((await api.delete(`${MEMBERS}/carol`, { token: bob })).status).toBe(403);
  expect((await api.delete(`${MEMBERS}/carol`, { token: carol })).status).toBe(200);
  expect((await api.delete(`${MEMBERS}/${OWNER}`)).body.code).toBe('owner_immutable');
  const { audit_logs: logs } = (await api.get('/v1/organizations/acme/audit-logs')).body;
  expect(logs[0]).toMatchObject({ code: 'org-member-leave', author: 'carol' });
});
