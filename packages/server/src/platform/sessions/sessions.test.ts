import { SESSION_COOKIE } from '@skerry/contract/session-cookie';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type CallOptions, Harness, OWNER } from '../testing/harness.ts';

const PASSWORD = 'correct horse battery';
const OURS = { origin: 'http://localhost' };

let api: Harness;

beforeEach(async () => {
  api = await Harness.start();
  await api.post('/v1/auth/password', { new_password: PASSWORD });
});

afterEach(async () => {
  await api.stop();
});

async function signIn(username = OWNER, password = PASSWORD) {
  return await api.post('/v1/auth/sign-in', { username, password }, { token: null });
}

/** As the browser sends it after the latest answer. */
function cookie(headers: Readonly<Record<string, string>> = OURS): CallOptions {
  const value = /^[^;]*/.exec(api.headers.get('set-cookie') ?? '')?.[0] ?? '';
  return { token: null, headers: { cookie: `theme=dark; ${value}`, ...headers } };
}

test('a password opens a session that counts wherever an API token does, until it is signed out', async () => {
  const { status, body } = await signIn();
  const session = cookie();
  expect(status).toBe(200);
  expect(body).toMatchObject({ user: { username: OWNER }, session: { method: 'password', current: true } });
  expect((await api.post('/v1/organizations', { name: 'team' }, session)).status).toBe(200);
  expect((await api.get('/v1/auth/session', session)).body.session.id).toBe(body.session.id);
  expect((await api.post('/v1/auth/sign-out', undefined, session)).status).toBe(200);
  expect(api.headers.get('set-cookie')).toContain(`${SESSION_COOKIE}=; Max-Age=0`);
  expect((await api.get('/v1/auth/session', session)).body.code).toBe('session_invalid');
});

test('the cookie is out of reach of scripts and of other sites, and Secure where the page came by TLS', async () => {
  await signIn();
  expect(api.headers.get('set-cookie')).toMatch(
    /^skerry_session=[\w-]{43}; Max-Age=86400; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  const body = { username: OWNER, password: PASSWORD };
  await api.post('/v1/auth/sign-in', body, { token: null, headers: { 'x-forwarded-proto': 'https' } });
  expect(api.headers.get('set-cookie')).toMatch(/; Secure$/);
});

test('neither the password nor the cookie is stored in clear', async () => {
  await signIn();
  const secret = /=([\w-]+);/.exec(api.headers.get('set-cookie') ?? '')?.[1] ?? 'none';
  const { db } = api.store;
  const stored = JSON.stringify([
    await db.selectFrom('passwords').selectAll().execute(),
    await db.selectFrom('sessions').selectAll().execute(),
  ]);
  expect(stored).toContain('scrypt$');
  expect(stored).not.toContain(secret);
  expect(stored).not.toContain(PASSWORD);
});

test('a wrong password, an unknown name and an account without password are answered alike', async () => {
  await api.user('bob');
  const wrong = await signIn(OWNER, 'not the password');
  expect(wrong).toEqual({ status: 401, body: { error: expect.any(String), code: 'sign_in_failed' } });
  expect(await signIn('nobody')).toEqual(wrong);
  expect(await signIn('bob')).toEqual(wrong);
  expect(api.headers.get('set-cookie')).toBeNull();
});

test.each([
  ['a page of another origin', { origin: 'http://evil.example' }],
  ['a page of another port', { origin: 'http://localhost:3000' }],
  ['a page of a database of the same site', { ...OURS, 'sec-fetch-site': 'same-site' }],
  ['a page whose origin is hidden', { origin: 'null' }],
  ['something that does not tell', {}],
])('the cookie changes nothing for %s', async (_, headers) => {
  await signIn();
  const answer = await api.post('/v1/organizations', { name: 'team' }, cookie(headers));
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 403, code: 'origin_refused' });
  expect((await api.get('/v1/organizations')).body.length).toBe(1);
});

test('another origin reads nothing either, a typed address does', async () => {
  await signIn();
  const foreign = await api.get('/v1/organizations', cookie({ 'sec-fetch-site': 'cross-site' }));
  expect(foreign.body.code).toBe('origin_refused');
  await signIn();
  expect((await api.get('/v1/organizations', cookie({ 'sec-fetch-site': 'none' }))).status).toBe(200);
});

test('another site signs nobody in', async () => {
  const body = { username: OWNER, password: PASSWORD };
  const answer = await api.post('/v1/auth/sign-in', body, { token: null, headers: { origin: 'http://evil.example' } });
  expect(answer.body.code).toBe('origin_refused');
  expect(api.headers.get('set-cookie')).toBeNull();
});

test('an API token wins over a cookie', async () => {
  const bob = await api.user('bob');
  await signIn();
  const answer = await api.get('/v1/user', { ...cookie(), token: bob });
  expect(answer.body.user.username).toBe('bob');
});

test('a session ends at its time, also in use', async () => {
  await signIn();
  const session = cookie();
  api.nowMs += 86_399_999;
  expect((await api.get('/v1/auth/session', session)).status).toBe(200);
  api.nowMs += 1;
  expect((await api.get('/v1/auth/session', session)).body.code).toBe('session_invalid');
});

test('a session that an API token opened ends with it, and restricted ones open none', async () => {
  const { token } = (await api.post('/v1/auth/api-tokens/page')).body;
  await api.post('/v1/auth/sign-in', { token }, { token: null });
  const session = cookie();
  expect((await api.get('/v1/user', session)).status).toBe(200);
  await api.delete('/v1/auth/api-tokens/page');
  expect((await api.get('/v1/user', session)).body.code).toBe('session_invalid');
  const limited = (await api.post('/v1/auth/api-tokens/limited', { organization: OWNER })).body.token;
  const refused = await api.post('/v1/auth/sign-in', { token: limited }, { token: null });
  expect(refused.body.code).toBe('token_restricted');
  expect((await api.post('/v1/auth/sign-in', { token: 'skerry_x' }, { token: null })).status).toBe(401);
});

test('sessions are listed, and ended one by one by their owner alone', async () => {
  const bob = await api.user('bob');
  await signIn();
  api.nowMs += 1000;
  const { id } = (await signIn()).body.session;
  const session = cookie();
  const { sessions } = (await api.get('/v1/auth/sessions', session)).body;
  expect(sessions).toMatchObject([{ id, current: true }, { current: false }]);
  const other = `/v1/auth/sessions/${sessions[1].id}`;
  expect((await api.delete(other, { token: bob })).status).toBe(404);
  expect(await api.delete(other, session)).toEqual({ status: 200, body: { session: sessions[1].id } });
  expect((await api.get('/v1/auth/sessions', session)).body.sessions.length).toBe(1);
});

test('a new password needs the current one and ends all other sessions', async () => {
  await signIn();
  const elsewhere = cookie();
  await signIn();
  const session = cookie();
  const change = async (current_password: string | undefined, new_password: string) =>
    (await api.post('/v1/auth/password', { current_password, new_password }, session)).body.code;
  expect(await change(undefined, 'another good one')).toBe('password_wrong');
  expect(await change(PASSWORD, 'short')).toBe('password_too_weak');
  expect(await change(PASSWORD, 'aaaaaaaaaaaaa')).toBe('password_too_weak');
  expect(await change(PASSWORD, 'another good one')).toBeUndefined();
  expect((await api.get('/v1/user', session)).status).toBe(200);
  expect((await api.get('/v1/user', elsewhere)).status).toBe(401);
  expect((await signIn()).status).toBe(401);
  expect((await signIn(OWNER, 'another good one')).status).toBe(200);
});

test('who guesses has to wait, and right passwords count nothing', async () => {
  for (let index = 0; index < 12; index += 1) {
    expect((await signIn()).status).toBe(200);
  }
  const guesses = await Promise.all(
    Array.from({ length: 12 }, async () => (await signIn(OWNER, 'wrong guess')).status),
  );
  expect(guesses.filter((status) => status === 401).length).toBe(10);
  const answer = await signIn();
  expect(answer.body.code).toBe('sign_in_too_often');
  expect(Number(api.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('ending all tokens of a user ends the sessions as well', async () => {
  await signIn();
  const session = cookie();
  await api.post('/v1/auth/invalidate', undefined, session);
  expect((await api.get('/v1/user', session)).status).toBe(401);
});

test('nobody makes an account unless the server is open', async () => {
  const body = { username: 'eve', password: PASSWORD, email: 'eve@example.org' };
  expect((await api.get('/v1/auth/methods', { token: null })).body).toEqual({
    password: true,
    sign_up: false,
    oidc: null,
  });
  expect((await api.post('/v1/auth/sign-up', body, { token: null })).body.code).toBe('sign_up_closed');
  api.signIn = { ...api.signIn, signUp: 'open' };
  await api.restart();
  const answer = await api.post('/v1/auth/sign-up', body, { token: null });
  expect(answer.body).toMatchObject({ user: { username: 'eve', email: 'eve@example.org' } });
  expect((await api.get('/v1/databases', cookie())).body).toEqual({ databases: [] });
  expect((await api.post('/v1/auth/sign-up', body, { token: null })).body.code).toBe('username_taken');
});

test('the operator makes an account whose owner alone chooses the password, once', async () => {
  const { account, code } = (await api.post('/v1/accounts', { username: 'grace' })).body;
  expect(account).toMatchObject({ username: 'grace', operator: false, has_password: false });
  const open = async (password: string) => await api.post('/v1/auth/link', { code, password }, { token: null });
  expect((await open('weak')).body.code).toBe('password_too_weak');
  expect((await open(PASSWORD)).body).toMatchObject({ user: { username: 'grace' }, session: { method: 'link' } });
  const grace = cookie();
  expect((await open(PASSWORD)).body.code).toBe('link_invalid');
  expect((await signIn('grace')).status).toBe(200);
  expect((await api.get('/v1/accounts', grace)).body.code).toBe('operator_only');
});

test('a link ends after three days, and when a newer one is made', async () => {
  const first = (await api.post('/v1/accounts', { username: 'grace' })).body.code;
  const second = (await api.post('/v1/accounts/grace/link')).body.code;
  const open = async (code: string) => (await api.post('/v1/auth/link', { code, password: PASSWORD })).body.code;
  expect(await open(first)).toBe('link_invalid');
  api.nowMs += 3 * 86_400_000;
  expect(await open(second)).toBe('link_invalid');
});

test('a deleted account is gone with all that it could do, and its name is free', async () => {
  const bob = await api.user('bob');
  await api.post('/v1/organizations/bob/databases', { name: 'shop', group: 'default' }, { token: bob });
  expect((await api.delete('/v1/accounts/bob')).body.code).toBe('account_not_empty');
  await api.delete('/v1/organizations/bob/databases/shop', { token: bob });
  expect(await api.delete('/v1/accounts/bob')).toEqual({ status: 200, body: { account: 'bob' } });
  expect((await api.get('/v1/user', { token: bob })).status).toBe(401);
  expect((await api.post('/v1/accounts', { username: 'bob' })).status).toBe(200);
  expect((await api.delete(`/v1/accounts/${OWNER}`)).body.code).toBe('account_operator');
});

test('an invite can be looked at without being taken, and taken with a password', async () => {
  await api.post('/v1/organizations', { name: 'team' });
  const invite = await api.post('/v2/organizations/team/invites', { email: 'grace@example.org', role: 'viewer' });
  const { token } = invite.body.invited;
  expect((await api.post('/v2/invites/look', { token }, { token: null })).body).toEqual({
    organization: 'team',
    role: 'viewer',
    email: 'grace@example.org',
    username: null,
  });
  const body = { token, username: 'grace', password: PASSWORD };
  expect((await api.post('/v2/invites/sign-up', body, { token: null })).status).toBe(200);
  expect((await api.get('/v1/organizations/team', cookie())).status).toBe(200);
  expect((await signIn('grace')).status).toBe(200);
  expect((await api.post('/v2/invites/look', { token }, { token: null })).status).toBe(404);
});
