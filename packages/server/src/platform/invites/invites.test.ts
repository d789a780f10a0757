import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';

const INVITES = '/v2/organizations/acme/invites';
const V1 = '/v1/organizations/acme';

let api: Harness;

beforeEach(async () => {
  api = await Harness.start();
  await api.post('/v1/organizations', { name: 'acme' });
});

afterEach(async () => {
  await api.stop();
});

async function invite(recipient: object): Promise<string> {
  const { body } = await api.post(INVITES, recipient);
  return body.invited.token;
}

async function memberNames(): Promise<string[]> {
  const { body } = await api.get(`${V1}/members`);
  return body.members.map(({ username, role }: { username: string; role: string }) => `${username} ${role}`);
}

test('an invite is listed in both shapes until it is taken back', async () => {
  const { body } = await api.post(INVITES, { email: 'eve@example.org', role: 'viewer' });
  expect(body.invited).toEqual({
    email: 'eve@example.org',
    role: 'viewer',
    organization: 'acme',
    token: expect.any(String),
  });
  expect((await api.get(INVITES)).body).toEqual({
    invites: [{ id: 1, email: 'eve@example.org', role: 'viewer', created_at: '2026-06-01T12:00:00.000Z' }],
  });
  expect((await api.get(`${V1}/invites`)).body.invites).toMatchObject([
    { ID: 1, Email: 'eve@example.org', Role: 'viewer', Accepted: false },
  ]);
  expect(await api.delete(`${INVITES}/eve@example.org`)).toEqual({ status: 200, body: {} });
  expect((await api.get(INVITES)).body.invites).toEqual([]);
  expect(await api.delete(`${V1}/invites/eve@example.org`)).toEqual({
    status: 404,
    body: { error: 'invite not found', code: 'invite_not_found' },
  });
});

test('somebody new signs up by an invite, and is a member with the role', async () => {
  const token = await invite({ email: 'eve@example.org', role: 'admin' });
  const { body } = await api.post('/v2/invites/sign-up', { token, username: 'eve' }, { token: null });
  expect(body).toEqual({ username: 'eve', organization: 'acme', role: 'admin', token: expect.any(String) });
  expect((await api.get('/v1/user', { token: body.token })).body.user).toMatchObject({
    username: 'eve',
    email: 'eve@example.org',
  });
  expect((await api.post('/v1/databases', { name: 'own' }, { token: body.token })).status).toBe(200);
  expect(await memberNames()).toEqual([`${OWNER} owner`, 'eve admin']);
  expect((await api.get(INVITES)).body.invites).toEqual([]);
});

test('a user who is invited sees that something is pending, and joins', async () => {
  const bob = await api.user('bob');
  const token = await invite({ username: 'bob' });
  expect((await api.get('/v1/user', { token: bob })).body.user.has_pending_invites).toBe(true);
  const answer = await api.post('/v2/invites/join', { token }, { token: bob });
  expect(answer.body).toEqual({ organization: 'acme', role: 'member' });
  expect((await api.get('/v1/user', { token: bob })).body.user.has_pending_invites).toBe(false);
  expect(await memberNames()).toEqual([`${OWNER} owner`, 'bob member']);
});

test('a token is good once, for whom it is meant, and as long as the invite stands', async () => {
  const bob = await api.user('bob');
  const carol = await api.user('carol');
  const forBob = await invite({ username: 'bob' });
  expect((await api.post('/v2/invites/join', { token: forBob }, { token: carol })).status).toBe(404);
  expect((await api.post('/v2/invites/sign-up', { token: forBob, username: 'x' }, { token: null })).status).toBe(404);
  expect((await api.post('/v2/invites/join', { token: forBob }, { token: bob })).status).toBe(200);
  expect((await api.post('/v2/invites/join', { token: forBob }, { token: bob })).status).toBe(404);
  const replaced = await invite({ email: 'eve@example.org' });
  const current = await invite({ email: 'eve@example.org' });
  expect((await api.post('/v2/invites/join', { token: replaced }, { token: carol })).status).toBe(404);
  await api.delete(`${INVITES}/eve@example.org`);
  expect((await api.post('/v2/invites/join', { token: current }, { token: carol })).status).toBe(404);
});

test('a sign-up that is refused does not use the invite up', async () => {
  const token = await invite({ email: 'eve@example.org' });
  const signUp = async (username: string) =>
    await api.post('/v2/invites/sign-up', { token, username }, { token: null });
  expect((await signUp('Eve')).body.code).toBe('username_invalid');
  expect((await signUp(OWNER)).body.code).toBe('username_taken');
  expect((await signUp('acme')).body.code).toBe('username_taken');
  expect((await signUp('eve')).status).toBe(200);
});

test.each([
  ['both address and username', { email: 'a@b', username: 'bob' }, 400, 'invite_recipient_invalid'],
  ['neither', {}, 400, 'invite_recipient_invalid'],
  ['an unknown user', { username: 'eve' }, 404, 'user_not_found'],
  ['a member', { username: OWNER }, 409, 'member_exists'],
  ['an owner', { email: 'a@b', role: 'owner' }, 400, 'role_invalid'],
])('inviting %s is refused', async (_, body, status, code) => {
  const answer = await api.post(INVITES, body);
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
});

test('the CLI invites at a path of its own', async () => {
  const { status, body } = await api.post(`${V1}/invite`, { email: 'eve@example.org', role: 'member' });
  expect({ status, email: body.invited.Email }).toEqual({ status: 200, email: 'eve@example.org' });
});

test('no token of an invite is stored in clear', async () => {
  const token = await invite({ email: 'eve@example.org' });
  const rows = await api.store.db.selectFrom('invites').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(token);
});
