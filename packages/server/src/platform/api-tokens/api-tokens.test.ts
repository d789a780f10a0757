import { afterEach, beforeEach, expect, test } from 'vitest';

import { hashApiToken, newApiToken } from '../../access/api-tokens.ts';
import { Harness, OWNER } from '../testing/harness.ts';

const TOKENS = '/v1/auth/api-tokens';

let api: Harness;

beforeEach(async () => {
  api = await Harness.start();
});

afterEach(async () => {
  await api.stop();
});

test('the first token is kept before anything is recorded, and works', async () => {
  expect(api.token).toMatch(/^skerry_[\w-]{43}$/);
  expect((await api.get('/v1/user')).body.user.username).toBe(OWNER);
});

test('no token is stored in clear', async () => {
  await api.post(`${TOKENS}/ci`);
  const rows = await api.store.db.selectFrom('api_tokens').selectAll().execute();
  expect(rows.length).toBe(2);
  expect(JSON.stringify(rows)).not.toContain('skerry_');
});

test('a minted token works, is listed without its value, and ends when it is revoked', async () => {
  const { body } = await api.post(`${TOKENS}/ci`);
  const { token } = body;
  expect(body).toEqual({ name: 'ci', id: expect.stringMatching(/^[\w-]{22}$/), token: expect.any(String) });
  expect((await api.get('/v1/organizations', { token })).status).toBe(200);
  const list = await api.get(TOKENS);
  expect(list.body.tokens).toContainEqual({ id: body.id, name: 'ci', created_at: '2026-06-01' });
  expect(await api.delete(`${TOKENS}/ci`)).toEqual({ status: 200, body: { token: 'ci' } });
  expect((await api.get('/v1/organizations', { token })).status).toBe(401);
});

test('the second version answers in the shape that the CLI reads', async () => {
  const { body } = await api.post('/v2/auth/api-tokens/ci');
  expect(body).toEqual({ token: { name: 'ci', id: expect.any(String), value: expect.any(String) } });
  expect((await api.get('/v1/user', { token: body.token.value })).status).toBe(200);
});

test.each(['/v1/auth/validate', '/v1/auth/api-tokens/validate'])('%s says that a token never expires', async (url) => {
  expect(await api.get(url)).toEqual({ status: 200, body: { exp: -1 } });
});

test('a token is refused from the time on at which it expires, and says that time before', async () => {
  const user = await api.store.db.selectFrom('users').select('id').executeTakeFirstOrThrow();
  const token = newApiToken();
  await api.store.db
    .insertInto('api_tokens')
    .values({
      id: 'short',
      user_id: user.id,
      name: 'short',
      hash: hashApiToken(token),
      organization_id: null,
      group_id: null,
      scopes: null,
      created_at_ms: api.nowMs,
      expires_at_ms: api.nowMs + 1000,
    })
    .execute();
  expect((await api.get('/v1/auth/validate', { token })).body).toEqual({ exp: api.nowMs / 1000 + 1 });
  api.nowMs += 1000;
  expect((await api.get('/v1/auth/validate', { token })).status).toBe(401);
});

test.each([
  ['a name that is taken', 'first', undefined, 409, 'api_token_exists'],
  ['a name with a space', 'my%20token', undefined, 400, 'api_token_name_invalid'],
  ['an unknown organization', 'ci', { organization: 'nowhere' }, 404, 'organization_not_found'],
  ['an unknown group', 'ci', { organization: OWNER, group: 'nowhere', scopes: ['read'] }, 404, 'group_not_found'],
  [
    'an unknown scope',
    'ci',
    { organization: OWNER, group: 'default', scopes: ['all'] },
    400,
    'api_token_scopes_invalid',
  ],
  ['a group without scopes', 'ci', { organization: OWNER, group: 'default' }, 400, 'api_token_scopes_invalid'],
  ['scopes without a group', 'ci', { organization: OWNER, scopes: ['read'] }, 400, 'api_token_scopes_invalid'],
  ['a group without organization', 'ci', { group: 'default', scopes: ['read'] }, 400, 'api_token_scopes_invalid'],
])('%s is refused', async (_, name, body, status, code) => {
  const answer = await api.post(`${TOKENS}/${name}`, body);
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
});

test('presets stand for their scopes', async () => {
  await api.post(`${TOKENS}/ro`, { organization: OWNER, group: 'default', scopes: ['read-only'] });
  await api.post(`${TOKENS}/rw`, { organization: OWNER, group: 'default', scopes: ['full-access'] });
  const { tokens } = (await api.get(TOKENS)).body;
  expect(tokens.find(({ name }: { name: string }) => name === 'ro')).toMatchObject({
    organization: OWNER,
    group: 'default',
    scopes: ['read'],
  });
  expect(tokens.find(({ name }: { name: string }) => name === 'rw').scopes.length).toBe(9);
});

test('a token of another user is as unknown as one that does not exist', async () => {
  const token = await api.user('bob');
  await api.post(`${TOKENS}/ci`);
  const answer = await api.delete(`${TOKENS}/ci`, { token });
  expect(answer).toEqual({ status: 404, body: { error: 'could not find token ci', code: 'api_token_not_found' } });
  expect((await api.get(TOKENS)).body.tokens.length).toBe(2);
});

test('all tokens of a user can be ended, and only theirs', async () => {
  const other = await api.user('bob');
  const { body } = await api.post('/v1/auth/invalidate');
  expect(body).toEqual({ validFrom: Math.floor(api.nowMs / 1000) });
  expect((await api.get('/v1/user')).status).toBe(401);
  expect((await api.get('/v1/user', { token: other })).status).toBe(200);
});

test('a deleted group takes the tokens that were made for it along', async () => {
  const { body } = await api.post(`${TOKENS}/ci`, { organization: OWNER, group: 'default', scopes: ['read'] });
  expect((await api.get('/v1/groups', { token: body.token })).status).toBe(200);
  await api.delete('/v1/groups/default');
  expect((await api.get('/v1/groups', { token: body.token })).status).toBe(401);
});
