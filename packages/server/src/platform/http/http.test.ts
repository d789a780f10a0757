import { Hono } from 'hono';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';
import { BODY_MAX_BYTES } from './body.ts';
import { failureResponse } from './failures.ts';

const DATABASES = `/v1/organizations/${OWNER}/databases`;
const JSON_TEXT = JSON.stringify({ name: 'shop', group: 'default' });

let api: Harness;

beforeEach(async () => {
  api = await Harness.start();
});

afterEach(async () => {
  await api.stop();
});

test.each(['application/json', 'text/plain;charset=UTF-8', 'application/octet-stream'])(
  'a JSON body is read whatever it is called: %s',
  async (type) => {
    const answer = await api.post(DATABASES, JSON_TEXT, { headers: { 'content-type': type } });
    expect(answer.status).toBe(200);
  },
);

test.each([
  ['{"name":', 'invalid_json', 400],
  ['name=shop', 'invalid_json', 400],
  ['[]', 'invalid_request', 400],
  ['"shop"', 'invalid_request', 400],
  ['{}', 'invalid_request', 400],
  ['', 'invalid_request', 400],
  ['null', 'invalid_request', 400],
  ['{"name":7}', 'invalid_request', 400],
  [`{"name":"${'a'.repeat(BODY_MAX_BYTES)}"}`, 'body_too_large', 413],
])('a body that cannot be used is refused: %.20s', async (body, code, status) => {
  const answer = await api.post(DATABASES, body);
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
});

test('a missing field is named', async () => {
  expect((await api.post(DATABASES, {})).body.error).toContain('invalid request: name:');
});

test('names of fields match without regard to case, and an exact one wins', async () => {
  const { body } = await api.post(DATABASES, '{"Name":"wrong","GROUP":"default","name":"right"}');
  expect(body.database.Name).toBe('right');
});

test('a field called __proto__ is a field like any other', async () => {
  const answer = await api.post(DATABASES, '{"__proto__":{"name":"shop"},"group":"default"}');
  expect(answer.status).toBe(400);
});

test('an unknown path says so, in the form of every other error', async () => {
  expect(await api.get('/v1/nothing')).toEqual({
    status: 404,
    body: { error: 'no such route: GET /v1/nothing', code: 'route_not_found' },
  });
});

test('an answer carries a request id: the one that was given, or a new one', async () => {
  expect(await requestIdFor({ 'x-request-id': 'given-1' })).toBe('given-1');
  expect(await requestIdFor({ 'x-request-id': 'not one' })).toMatch(/^[\w-]{36}$/);
  expect(await requestIdFor({})).toMatch(/^[\w-]{36}$/);
});

test('a fault of ours is answered without its cause, and with the request id', async () => {
  api.engine.before = async () => await Promise.reject(new Error('secret path /var/x'));
  const answer = await api.post(DATABASES, JSON_TEXT, { headers: { 'x-request-id': 'r-1' } });
  expect(answer).toEqual({
    status: 500,
    body: { error: 'internal error (request r-1)', code: 'internal', request_id: 'r-1' },
  });
});

async function requestIdFor(headers: Readonly<Record<string, string>>): Promise<string | null> {
  const response = await api.platform.app.request('/v1/closest-location', { headers });
  return response.headers.get('x-request-id');
}

test('a change that refers to what somebody else has deleted meanwhile is refused, not a fault', async () => {
  const app = new Hono();
  app.onError((error, context) => failureResponse(context, error, 'r-1', pino({ level: 'silent' })));
  app.post('/', async (context) => {
    const { id } = await api.store.db.selectFrom('users').select('id').executeTakeFirstOrThrow();
    await api.store.db
      .insertInto('memberships')
      .values({ organization_id: 'gone', user_id: id, role: 'member', created_at_ms: api.nowMs })
      .execute();
    return context.json({});
  });
  const response = await app.request('/', { method: 'POST' });
  expect(response.status).toBe(409);
  expect(await response.json()).toMatchObject({ code: 'gone_meanwhile' });
});

test('where the CLI leaves the organization empty in a path, the personal one is meant', async () => {
  expect((await api.get('/v1/organizations//members')).body.members).toMatchObject([
    { username: OWNER, role: 'owner' },
  ]);
  expect((await api.get('/v2/organizations//invites')).body).toEqual(
    (await api.get(`/v2/organizations/${OWNER}/invites`)).body,
  );
  expect((await api.post('/v1/organizations//members', { username: 'bob' })).body.code).toBe('organization_personal');
  expect((await api.get('/v1/organizations//nothing')).body.code).toBe('route_not_found');
});

test('whoever has left out the closing slash of the base URL is told so', async () => {
  const { body } = await api.get(`/organizations/${OWNER}/databases`);
  expect(body).toMatchObject({ code: 'route_not_found', error: expect.stringContaining('end with a slash') });
  expect((await api.get('/v1/nothing')).body.error).toBe('no such route: GET /v1/nothing');
});
