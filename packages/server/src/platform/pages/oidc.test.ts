import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';
import { type OidcServer, startOidcServer } from '../testing/oidc-server.ts';

const HOST = 'http://localhost';

let api: Harness;
let server: OidcServer;

beforeEach(async () => {
  api = await Harness.start();
  server = await startOidcServer(`${HOST}/auth/oidc/callback`);
  await serve('oidc');
});

afterEach(async () => {
  await api.stop();
  await server.stop();
});

async function serve(signUp: 'closed' | 'oidc'): Promise<void> {
  api.signIn = { ...api.signIn, signUp, oidc: server.settings };
  await api.restart();
}

async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return await api.platform.app.request(path, { headers });
}

function cookieOf(response: Response, name: string): string {
  const line = response.headers.getSetCookie().find((one) => one.startsWith(`${name}=`)) ?? '';
  return /^[^;]*/.exec(line)?.[0] ?? '';
}

/** From our page to the other server and back. */
async function begin(query = '', headers: Readonly<Record<string, string>> = {}) {
  const response = await get(`/auth/oidc/start${query}`, headers);
  expect(response.status).toBe(302);
  return { url: response.headers.get('location') ?? '', cookie: cookieOf(response, 'skerry_oidc') };
}

async function comeBack(url: string, cookie: string): Promise<Response> {
  return await get(url.slice(HOST.length), { cookie });
}

async function signIn(login: string, query = '', headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const { url, cookie } = await begin(query, headers);
  return await comeBack(await server.signIn(url, login), cookie);
}

async function userOf(response: Response) {
  const headers = { cookie: cookieOf(response, 'skerry_session') };
  return (await api.get('/v1/auth/session', { token: null, headers })).body;
}

test('who is known there gets an account at the first sign-in, and the same one at the next', async () => {
  const first = await signIn('grace', '?return_to=/databases?page=2');
  expect(first.headers.get('refresh')).toBe('0; url=/databases?page=2');
  expect(await userOf(first)).toMatchObject({
    user: { username: 'grace', email: 'grace@example.org' },
    session: { method: 'oidc' },
  });
  expect((await userOf(await signIn('grace'))).user.username).toBe('grace');
  const users = await api.store.db.selectFrom('users').select('username').execute();
  expect(users.length).toBe(2);
});

test('a name that is taken gets a number; it never opens the account of that name', async () => {
  expect((await userOf(await signIn(OWNER))).user.username).toBe(`${OWNER}-2`);
});

test('the request names the client and carries PKCE, state and nonce', async () => {
  const { searchParams } = new URL((await begin()).url);
  expect(Object.fromEntries(searchParams)).toMatchObject({
    client_id: 'skerry',
    code_challenge_method: 'S256',
    redirect_uri: `${HOST}/auth/oidc/callback`,
    response_type: 'code',
  });
  expect(['code_challenge', 'state', 'nonce'].map((name) => searchParams.get(name)?.length ?? 0)).toEqual([43, 43, 43]);
});

test.each([
  ['without the cookie of the browser that was sent', async () => ''],
  ['with the cookie of another sign-in', async () => (await begin()).cookie],
])('coming back %s signs nobody in', async (_, otherCookie) => {
  const { url } = await begin();
  const response = await comeBack(await server.signIn(url, 'grace'), await otherCookie());
  expect(response.status).toBe(400);
  expect(cookieOf(response, 'skerry_session')).toBe('');
});

test('an answer counts once', async () => {
  const { url, cookie } = await begin();
  const back = await server.signIn(url, 'grace');
  expect((await comeBack(back, cookie)).status).toBe(200);
  expect((await comeBack(back, cookie)).status).toBe(400);
});

test('a sign-in that one process has begun can come back to another, and after a restart, for ten minutes', async () => {
  const { url, cookie } = await begin();
  await api.restart();
  expect((await comeBack(await server.signIn(url, 'grace'), cookie)).status).toBe(200);
  const late = await begin();
  api.nowMs += 10 * 60_000 + 1_000;
  expect((await comeBack(await server.signIn(late.url, 'grace'), late.cookie)).status).toBe(400);
});

test('where sign-up is closed, only an identity that its user has added opens an account', async () => {
  await serve('closed');
  const refused = await signIn('grace');
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain('lets nobody make an account');
  await api.post('/v1/auth/sign-in', { token: api.token }, { token: null });
  const cookie = /^[^;]*/.exec(api.headers.get('set-cookie') ?? '')?.[0] ?? '';
  expect((await get('/auth/oidc/start?link=1')).status).toBe(400);
  expect((await get('/auth/oidc/start?link=1', { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await signIn('grace', '?link=1', { cookie, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  expect((await userOf(await signIn('grace'))).user.username).toBe(OWNER);
});

test.each(['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)'])(
  'nobody is led to %s',
  async (target) => {
    const response = await signIn('grace', `?return_to=${encodeURIComponent(target)}`);
    expect(response.headers.get('refresh')).toBe('0; url=/');
  },
);

test('a server that is away is told, and other ways to sign in stay open', async () => {
  api.signIn = { ...api.signIn, oidc: { ...server.settings, issuer: 'http://127.0.0.1:1' } };
  await api.restart();
  const response = await get('/auth/oidc/start');
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('does not answer');
  expect((await api.get('/v1/auth/methods', { token: null })).body.oidc).toEqual({
    name: 'Example',
    url: '/auth/oidc/start',
  });
  expect((await api.post('/v1/auth/sign-in', { token: api.token }, { token: null })).status).toBe(200);
});
