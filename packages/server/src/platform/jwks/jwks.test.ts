/**
 * Key sets of outside issuers, as the CLI saves them, and the claims that it prints.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';

const KEY_SETS = `/v2/organizations/${OWNER}/jwks`;
const TEMPLATE = `/v2/organizations/${OWNER}/jwks-template`;
const URL = 'https://issuer.example.org/.well-known/jwks.json';

let api: Harness;

beforeAll(async () => {
  api = await Harness.start();
});

afterAll(async () => {
  await api.stop();
});

test('a saved key set is listed, replaced by name, written down, and gone when it is removed', async () => {
  const save = async (url: string): Promise<number> =>
    (await api.call('PUT', `${KEY_SETS}/clerk`, { body: { jwks_url: url, region: '' } })).status;
  expect(await save('https://old.example.org/keys')).toBe(200);
  expect(await save(URL)).toBe(200);
  expect((await api.get(KEY_SETS)).body).toEqual({ jwks: [{ jwks_name: 'clerk', jwks_url: URL }] });
  expect((await api.call('DELETE', `${KEY_SETS}/clerk`, { body: { region: '' } })).status).toBe(200);
  expect((await api.get(KEY_SETS)).body).toEqual({ jwks: [] });
  expect((await api.call('DELETE', `${KEY_SETS}/clerk`)).body).toMatchObject({ code: 'jwks_not_found' });
  const { body } = await api.get(`/v1/organizations/${OWNER}/audit-logs`);
  const codes = (body.audit_logs as { code: string }[]).map(({ code }) => code);
  expect(codes.slice(0, 3)).toEqual(['org-jwks-rm', 'org-jwks-save', 'org-jwks-save']);
});

test.each(['http://issuer.example.org/keys', 'https://user:pw@issuer.example.org/', 'file:///etc/passwd', 'keys', ''])(
  'keys are not fetched from %j',
  async (url) => {
    const answer = await api.call('PUT', `${KEY_SETS}/bad`, { body: { jwks_url: url } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'jwks_invalid' } });
  },
);

test('a template has the claims of a token for the database or the group, and nothing else', async () => {
  const { body } = await api.post(`/v1/organizations/${OWNER}/databases`, { name: 'shop', group: 'default' });
  const id = body.database.DbId as string;
  expect((await api.get(`${TEMPLATE}?database=shop&scope=read-only`)).body).toEqual({ template: { id, a: 'ro' } });
  expect((await api.get(`${TEMPLATE}?database=shop&scope=full-access`)).body).toEqual({ template: { id, a: 'rw' } });
  const group = (await api.get(`${TEMPLATE}?group=default`)).body.template;
  expect(group).toEqual({ gid: expect.stringMatching(/./), a: 'rw' });
  expect((await api.get(TEMPLATE)).body).toMatchObject({ code: 'jwks_invalid' });
  expect((await api.get(`${TEMPLATE}?database=nothing`)).body).toMatchObject({ code: 'database_not_found' });
  expect((await api.get(`${TEMPLATE}?database=shop&scope=all`)).body).toMatchObject({ code: 'authorization_invalid' });
});
