import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';

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

async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return await api.platform.app.request(path, { headers });
}

async function allow(fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = OURS) {
  return await api.platform.app.request('/auth/cli', { method: 'POST', headers, body: new URLSearchParams(fields) });
}

test.each(['/', '/signup'])('the address %s that the CLI opens leads to the page that asks', async (path) => {
  const query = '?port=4711&redirect=true&state=abc&type=cli';
  const response = await get(`${path}${query}`);
  expect(response.headers.get('location')).toBe(`/auth/cli${query}`);
});

test('the page gives nothing away by being opened, cannot be framed, and loads nothing from elsewhere', async () => {
  const response = await get('/auth/cli?port=4711&state=abc');
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("form-action 'self' http://localhost:4711");
  expect(await response.text()).not.toContain('skerry_');
});

test('who signs in on it sends the CLI a token that lasts a week, with the state that it gave', async () => {
  const response = await allow({ port: '4711', state: 'abc', username: OWNER, password: PASSWORD });
  const url = new URL(response.headers.get('location') ?? '');
  const token = url.searchParams.get('jwt') ?? '';
  expect(response.status).toBe(303);
  expect(`${url.origin}${url.pathname} ${url.searchParams.get('state')}`).toBe('http://localhost:4711/ abc');
  const { exp } = (await api.get('/v1/auth/validate', { token })).body;
  expect(exp * 1000 - api.nowMs).toBe(7 * 86_400_000);
  api.nowMs = exp * 1000;
  expect((await api.get('/v1/auth/validate', { token })).status).toBe(401);
});

test('a session that is open needs no password, and the button all the same', async () => {
  const first = await allow({ port: '4711', state: 'abc', username: OWNER, password: PASSWORD });
  const cookie = /^[^;]*/.exec(first.headers.get('set-cookie') ?? '')?.[0] ?? '';
  expect(await (await get('/auth/cli?port=4711', { cookie })).text()).toContain(`signed in as <strong>${OWNER}`);
  const second = await allow({ port: '4711', state: 'xyz' }, { ...OURS, cookie });
  expect(second.headers.get('location')).toContain('state=xyz');
});

test('another site cannot press the button', async () => {
  const fields = { port: '4711', state: 'abc', username: OWNER, password: PASSWORD };
  for (const headers of [{ origin: 'http://evil.example' }, { origin: 'null' }, {}]) {
    expect((await allow(fields, headers)).status).toBe(403);
  }
  expect((await api.get('/v1/auth/api-tokens')).body.tokens.length).toBe(1);
});

test('a wrong password asks again and sends nothing', async () => {
  const response = await allow({ port: '4711', state: 'abc', username: OWNER, password: 'wrong guess' });
  expect(response.status).toBe(401);
  expect(response.headers.get('location')).toBeNull();
  expect(await response.text()).toContain('username, password or token is wrong');
});

test('without a port the token is shown once, to be typed', async () => {
  const response = await allow({ port: '', state: '', token: api.token });
  const [, token = ''] =
    /turso config set token &#34;(skerry_[\w-]+)|turso config set token "(skerry_[\w-]+)/.exec(await response.text()) ??
    [];
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect((await api.get('/v1/user', { token })).status).toBe(token === '' ? 401 : 200);
});

test('what is in the address cannot become part of the page', async () => {
  const page = await (await get('/auth/cli?port=4711&state=%22%3E%3Cscript%3Ealert(1)%3C/script%3E')).text();
  expect(page).not.toContain('<script>');
});

test('the page of a link runs one script of this server and no other', async () => {
  const response = await get('/auth/link');
  expect(response.headers.get('content-security-policy')).toContain("script-src 'self';");
  expect((await get('/auth/link.js')).headers.get('content-type')).toContain('text/javascript');
});
