/**
 * Operations that clients call and that change nothing here.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';

const ORGANIZATION = `/v1/organizations/${OWNER}`;

let api: Harness;

beforeAll(async () => {
  api = await Harness.start();
  await api.database('shop');
});

afterAll(async () => {
  await api.stop();
});

async function closestTo(address: string): Promise<unknown> {
  const incoming = { headers: { 'x-forwarded-for': address } };
  return await (await api.platform.app.request('/v1/closest-location', {}, { incoming })).json();
}

test.each([
  ['POST', `${ORGANIZATION}/databases/shop/wakeup`, {}],
  ['POST', `${ORGANIZATION}/databases/shop/update`, {}],
  ['POST', `${ORGANIZATION}/groups/default/update`, {}],
  ['POST', `${ORGANIZATION}/groups/default/unarchive`, { group: expect.objectContaining({ name: 'default' }) }],
  ['GET', `${ORGANIZATION}/groups/default/aws/migration/info`, { status: 'none', comment: '' }],
  ['GET', `${ORGANIZATION}/invoices?type=issued`, { invoices: [] }],
  ['GET', '/v1/invoices', { invoices: [] }],
  ['GET', '/v1/billing/payment-methods?stripe_id=x', { exists: true }],
  ['POST', '/v1/billing/portal', { portal: { url: 'http://localhost:8080' } }],
  ['POST', '/v1/organizations/stripe-customer', { stripeCustomerId: 'none-ada' }],
  ['GET', `/v2/organizations/${OWNER}/jwks`, { jwks: [] }],
  ['GET', `/v3/organizations/${OWNER}/databases?deleted=true`, { databases: [], pagination: {} }],
  ['GET', `/v3/organizations/${OWNER}/deleted-groups`, { groups: [], pagination: {} }],
])('%s %s', async (method, url, body) => {
  expect(await api.call(method, url)).toEqual({ status: 200, body });
});

test.each([['POST', `${ORGANIZATION}/groups/default/aws/migration/start`]])(
  '%s %s says that it is not offered',
  async (method, url) => {
    const { status, body } = await api.call(method, url);
    expect({ status, code: body.code }).toEqual({ status: 501, code: 'not_offered' });
  },
);

test("an unknown thing is not woken: that would be a client's mistake", async () => {
  expect((await api.post(`${ORGANIZATION}/databases/nothing/wakeup`)).status).toBe(404);
  expect((await api.post(`${ORGANIZATION}/groups/nothing/unarchive`)).status).toBe(404);
});

test('there is one plan, without limits, under every path that clients know', async () => {
  const { body } = await api.get('/v1/plans');
  expect(body.plans).toMatchObject([{ name: 'self-hosted', price: '0', quotas: { databases: 0, storage: 0 } }]);
  expect((await api.get(`${ORGANIZATION}/plans`)).body).toEqual(body);
  const subscription = {
    subscription: { name: 'self-hosted', overages: false, plan: 'self-hosted', timeline: 'monthly' },
  };
  expect((await api.get('/v1/subscription')).body).toEqual(subscription);
  expect((await api.post('/v1/subscription', { plan: 'scaler' })).body).toEqual(subscription);
});

test('a billing address is kept', async () => {
  const url = '/v1/billing/customer';
  expect((await api.get(url)).body).toMatchObject({ name: '', tax_id: { value: '', country: '' } });
  const customer = {
    name: 'Ada',
    email: 'ada@example.org',
    tax_id: { value: '1', country: 'GB' },
    billing_address: { line1: 'a', line2: 'b', city: 'c', state: 'd', postal_code: 'e', country: 'f' },
  };
  expect((await api.call('PUT', url, { body: customer })).body).toEqual(customer);
  expect((await api.get(url)).body).toEqual(customer);
});

test("the CLI's own version is the latest, so that it does not replace itself", async () => {
  const headers = { tursocliversion: 'v1.0.29' };
  expect(await api.get('/releases/latest', { token: null, headers })).toEqual({
    status: 200,
    body: { latest: 'v1.0.29' },
  });
});

test('the API describes itself to anybody', async () => {
  const { body } = await api.get('/v1/openapi.json', { token: null });
  expect(body).toMatchObject({ openapi: '3.1.0', paths: { '/v1/organizations/{organizationSlug}/databases': {} } });
});

test('locations: flat, by platform, one by one, and the closest', async () => {
  expect((await api.get('/v1/locations')).body.locations).toEqual({
    local: 'This machine',
    'aws-eu-west-1': 'AWS EU West (Ireland)',
    lhr: 'London',
  });
  const byPlatform = {
    locations: {
      local: { local: 'This machine' },
      aws: { 'aws-eu-west-1': 'AWS EU West (Ireland)' },
      fly: { lhr: 'London' },
    },
  };
  expect((await api.get('/v2/locations')).body).toEqual(byPlatform);
  expect((await api.get(`/v2/organizations/${OWNER}/locations`)).body).toEqual(byPlatform);
  expect((await api.get('/v1/locations/lhr')).body.location).toMatchObject({ code: 'lhr', description: 'London' });
  expect((await api.get('/v1/locations/nowhere')).status).toBe(404);
  expect((await api.get('/v1/closest-location', { token: null })).body).toEqual({ server: 'local', client: 'local' });
});

test('the closest location is the one that is configured for the client', async () => {
  expect(await closestTo('10.1.2.3')).toEqual({ server: 'local', client: 'lhr' });
  expect(await closestTo('::ffff:10.1.2.3')).toEqual({ server: 'local', client: 'lhr' });
  expect(await closestTo('10.2.0.1')).toEqual({ server: 'local', client: 'local' });
});

test('both paths say who the caller is', async () => {
  const { body } = await api.get('/v1/user');
  expect(body.user).toMatchObject({ username: OWNER, has_pending_invites: false });
  expect((await api.get('/v1/current-user')).body).toEqual(body);
});
