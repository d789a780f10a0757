import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';

const TOKENS = '/v1/organizations/acme/api-tokens';

let api: Harness;
let bob: string;

beforeEach(async () => {
  api = await Harness.start();
  bob = await api.user('bob');
  await api.post('/v1/organizations', { name: 'acme' });
  await api.post('/v1/organizations/acme/members', { username: 'bob', role: 'member' });
  await api.post('/v1/auth/api-tokens/mine', { organization: 'acme' });
  await api.post('/v1/auth/api-tokens/his', { organization: 'acme' }, { token: bob });
});

afterEach(async () => {
  await api.stop();
});

interface Listed {
  readonly id: string;
  readonly name: string;
}

async function listed(token?: string): Promise<Listed[]> {
  const { body } = await api.get(TOKENS, token === undefined ? {} : { token });
  return body.tokens;
}

test('admins see all tokens for the organization and whose they are, members their own', async () => {
  expect(await listed()).toMatchObject([
    { name: 'his', organization: 'acme', owner: { username: 'bob', email: 'bob@example.org' } },
    { name: 'mine', organization: 'acme', owner: { username: OWNER } },
  ]);
  expect((await listed(bob)).map(({ name }) => name)).toEqual(['his']);
});

test("an admin ends anybody's token by its id, a member only their own", async () => {
  const [his, mine] = await listed();
  const answer = await api.delete(`${TOKENS}/${mine?.id}`, { token: bob });
  expect(answer.status).toBe(404);
  expect(await api.delete(`${TOKENS}/${his?.id}`)).toEqual({ status: 200, body: { token: his?.id } });
  expect((await listed()).map(({ name }) => name)).toEqual(['mine']);
});

test('a token of another organization is as unknown as one that does not exist', async () => {
  const { id } = (await api.post('/v1/auth/api-tokens/other', { organization: OWNER })).body;
  expect((await api.delete(`${TOKENS}/${id}`)).body).toEqual({
    error: `could not find token ${id}`,
    code: 'api_token_not_found',
  });
});
