import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';

let api: Harness;

beforeEach(async () => {
  api = await Harness.start();
});

afterEach(async () => {
  await api.stop();
});

test('the personal organization has the name "personal" and the username as slug', async () => {
  const { body } = await api.get(`/v1/organizations/${OWNER}`);
  expect(body.organization).toMatchObject({ name: 'personal', slug: OWNER, type: 'personal', restore_enabled: true });
  expect((await api.get(`/v1/organizations/${body.organization.id}`)).body).toEqual(body);
});

test('the list is an array in the first version, an object in the second, and what the SDK reads for the SDK', async () => {
  const first = await api.get('/v1/organizations');
  expect(first.body).toMatchObject([{ slug: OWNER }]);
  expect((await api.get('/v2/organizations')).body).toEqual({ organizations: first.body });
  const sdk = await api.platform.app.request('/v1/organizations', {
    headers: { authorization: `Bearer ${api.token}`, 'user-agent': '@tursodatabase/api' },
  });
  expect(await sdk.json()).toEqual({ organizations: first.body });
});

test('a new organization can be used at once: it has an owner and a group', async () => {
  const { body } = await api.post('/v1/organizations', { name: 'acme' });
  expect(body.org).toMatchObject({ name: 'acme', slug: 'acme', type: 'team' });
  const { status } = await api.post('/v1/organizations/acme/databases', { name: 'shop', group: 'default' });
  expect(status).toBe(200);
  expect((await api.get('/v1/organizations/acme/members')).body.members).toMatchObject([
    { username: OWNER, role: 'owner' },
  ]);
  expect((await api.get('/v1/organizations/acme/audit-logs')).body.audit_logs.at(-1).code).toBe('org-create');
});

test('a dry run answers as the real one would, and makes nothing', async () => {
  const { status, body } = await api.post('/v1/organizations?dry_run=true', { name: 'acme' });
  expect({ status, slug: body.org.slug }).toEqual({ status: 200, slug: 'acme' });
  expect((await api.get('/v1/organizations/acme')).status).toBe(404);
  expect((await api.post('/v1/organizations?dry_run=false', { name: 'acme' })).status).toBe(200);
  expect((await api.post('/v1/organizations?dry_run=true', { name: 'acme' })).status).toBe(409);
});

test.each(['', 'Acme', 'a--b', '-a', 'a-', 'a_b', 'a'.repeat(40)])('the name %j is refused', async (name) => {
  const { status, body } = await api.post('/v1/organizations', { name });
  expect({ status, code: body.code }).toEqual({ status: 400, code: 'organization_name_invalid' });
});

test('a name is taken by organizations and users alike', async () => {
  const { status, body } = await api.post('/v1/organizations', { name: OWNER });
  expect({ status, code: body.code }).toEqual({ status: 409, code: 'organization_exists' });
});

test('overages can be set; settings that would have no effect are refused', async () => {
  const url = `/v1/organizations/${OWNER}`;
  expect((await api.patch(url, { overages: true })).body.organization.overages).toBe(true);
  expect((await api.get(url)).body.organization.overages).toBe(true);
  expect((await api.patch(url, { require_mfa: true })).status).toBe(501);
  expect((await api.patch(url, {})).body.organization.overages).toBe(true);
});

test('an organization is deleted when it is empty, with its groups and tokens', async () => {
  await api.post('/v1/organizations', { name: 'acme' });
  await api.post('/v1/organizations/acme/databases', { name: 'shop', group: 'default' });
  const { token } = (await api.post('/v1/auth/api-tokens/ci', { organization: 'acme' })).body;
  const full = await api.delete('/v1/organizations/acme');
  expect(full).toEqual({
    status: 400,
    body: { error: 'organization acme still has 1 databases', code: 'organization_not_empty' },
  });
  await api.delete('/v1/organizations/acme/databases/shop');
  expect(await api.delete('/v1/organizations/acme')).toEqual({ status: 200, body: {} });
  expect((await api.get('/v1/organizations/acme')).status).toBe(404);
  expect((await api.get('/v1/organizations', { token })).status).toBe(401);
  const keys = await api.store.db.selectFrom('token_keys').select('owner_id').execute();
  expect(keys.length).toBe(1);
  expect((await api.post('/v1/organizations', { name: 'acme' })).status).toBe(200);
});

test('the personal organization cannot be deleted', async () => {
  expect((await api.delete(`/v1/organizations/${OWNER}`)).body.code).toBe('organization_personal');
});

test('settings that are changed together are all changed, with an entry each', async () => {
  const url = `/v1/organizations/${OWNER}`;
  const { body } = await api.patch(url, { overages: true, restore_enabled: false });
  expect(body.organization).toMatchObject({ overages: true });
  const { audit_logs: entries } = (await api.get(`${url}/audit-logs?page_size=2`)).body;
  expect(entries.map(({ code }: { code: string }) => code).sort()).toEqual(['org-set-overages', 'org-update']);
});
