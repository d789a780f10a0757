import { afterEach, beforeEach, expect, test } from 'vitest';

import { createTokenVerifier } from '../../access/database-tokens.ts';
import { Harness, OWNER } from '../testing/harness.ts';

const DATABASES = `/v1/organizations/${OWNER}/databases`;
const GROUPS = `/v1/organizations/${OWNER}/groups`;

let api: Harness;
let verifier: ReturnType<typeof createTokenVerifier>;

beforeEach(async () => {
  api = await Harness.start();
  verifier = createTokenVerifier({ now: () => api.nowMs });
});

afterEach(async () => {
  await api.stop();
});

async function mint(url: string, body: unknown = {}): Promise<string> {
  const answer = await api.post(url, body);
  return String(answer.body.jwt);
}

async function rights(database: string, jwt: string) {
  const entry = await api.platform.directory.byName(OWNER, database);
  return entry === undefined ? 'no such database' : verifier.verify(entry, jwt);
}

const INVALID = { failure: 'AUTH_JWT_INVALID', message: 'The JWT is invalid' };

test("a database's token opens it, and no other", async () => {
  await api.database('a');
  await api.database('b');
  const jwt = await mint(`${DATABASES}/a/auth/tokens`);
  expect(await rights('a', jwt)).toEqual({ level: 'full', grants: [], attach: [], expiresAtMs: null });
  expect(await rights('b', jwt)).toEqual(INVALID);
});

test("a group's token opens its databases, also those made later, and no others", async () => {
  await api.post(GROUPS, { name: 'eu', location: 'lhr' });
  await api.database('other', 'eu');
  const jwt = await mint(`${GROUPS}/default/auth/tokens`);
  await api.database('late');
  expect(await rights('late', jwt)).toMatchObject({ level: 'full' });
  expect(await rights('other', jwt)).toEqual(INVALID);
});

test.each([
  ['never', null],
  ['none', null],
  ['default', null],
  ['', null],
  ['2d', 172_800_000],
  ['1w2d6h3m', 799_380_000],
])('an expiration of %j is kept', async (expiration, lifetimeMs) => {
  await api.database('a');
  const jwt = await mint(`${DATABASES}/a/auth/tokens?expiration=${expiration}`);
  expect(await rights('a', jwt)).toMatchObject({ expiresAtMs: lifetimeMs === null ? null : api.nowMs + lifetimeMs });
});

test.each([
  ['expiration=soon', {}, 'expiration_invalid', 'Invalid expiration format'],
  ['authorization=admin', {}, 'authorization_invalid', 'invalid authorization: admin'],
  ['', { fine_grained_permissions: [{ t: null, a: ['data_insert'] }] }, 'permission_invalid', 'data_insert'],
  ['', { fine_grained_permissions: [{ t: null, a: [] }] }, 'permission_invalid', 'without actions'],
  ['', { permissions: { read_attach: { databases: ['nowhere'] } } }, 'permission_invalid', 'nowhere'],
  ['authorization=read-only', { fine_grained_permissions: [{ t: null, a: ['data_add'] }] }, 'permission_invalid', ''],
])('a wish that cannot be granted is 400: %s %j', async (query, body, code, error) => {
  await api.database('a');
  for (const thing of [`${DATABASES}/a`, `${GROUPS}/default`]) {
    const answer = await api.post(`${thing}/auth/tokens?${query}`, body);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 400, code });
    expect(answer.body.error).toContain(error);
  }
});

test('a database that is asked for with Turso’s own engine gets tokens of every kind', async () => {
  await api.post(DATABASES, { name: 'new', group: 'default', use_tursodb: true });
  const full = await mint(`${DATABASES}/new/auth/tokens?authorization=full-access`);
  const read = await mint(`${DATABASES}/new/auth/tokens?authorization=read-only`);
  expect(await rights('new', full)).toMatchObject({ level: 'full' });
  expect(await rights('new', read)).toMatchObject({ level: 'read' });
});

test('a read-only token reads only', async () => {
  await api.database('a');
  const jwt = await mint(`${DATABASES}/a/auth/tokens?authorization=read-only`);
  expect(await rights('a', jwt)).toMatchObject({ level: 'read' });
});

test('permissions become exactly these grants', async () => {
  await api.database('a');
  const jwt = await mint(`${DATABASES}/a/auth/tokens`, {
    fine_grained_permissions: [
      { t: null, a: ['data_read'] },
      { t: ['orders'], a: ['data_add', 'data_update'] },
    ],
  });
  expect(await rights('a', jwt)).toMatchObject({
    level: 'grants',
    grants: [
      { tables: null, actions: ['data_read'] },
      { tables: ['orders'], actions: ['data_add', 'data_update'] },
    ],
  });
});

test('the empty permissions that the SDK always sends change nothing', async () => {
  await api.database('a');
  const jwt = await mint(`${DATABASES}/a/auth/tokens`, { permissions: { read_attach: { databases: [] } } });
  expect(await rights('a', jwt)).toMatchObject({ level: 'full', attach: [] });
});

test('a database can be attached while it allows that, by tokens that name it', async () => {
  await api.database('a');
  const other = await api.database('other');
  const body = { permissions: { read_attach: { databases: ['other'] } } };
  const jwt = await mint(`${DATABASES}/a/auth/tokens`, body);
  expect(await rights('a', jwt)).toMatchObject({ attach: [] });
  await api.patch(`${DATABASES}/other/configuration`, { allow_attach: true });
  expect(await rights('a', jwt)).toMatchObject({ attach: [{ name: 'other', databaseId: other }] });
  expect(await rights('a', await mint(`${DATABASES}/a/auth/tokens`))).toMatchObject({ attach: [] });
  await api.delete(`${DATABASES}/other`);
  expect(await rights('a', jwt)).toMatchObject({ attach: [] });
});

test("rotating a database's tokens ends its own and its group's there, at once, and only there", async () => {
  await api.database('a');
  await api.database('b');
  const own = await mint(`${DATABASES}/a/auth/tokens`);
  const others = await mint(`${DATABASES}/b/auth/tokens`);
  const group = await mint(`${GROUPS}/default/auth/tokens`);
  expect(await api.post(`${DATABASES}/a/auth/rotate`)).toEqual({ status: 200, body: {} });
  expect([await rights('a', own), await rights('a', group)]).toEqual([INVALID, INVALID]);
  expect(await rights('b', others)).toMatchObject({ level: 'full' });
  expect(await rights('b', group)).toMatchObject({ level: 'full' });
  // In the same millisecond: the clock of the test stands still.
  expect(await rights('a', await mint(`${DATABASES}/a/auth/tokens`))).toMatchObject({ level: 'full' });
  expect(await rights('a', await mint(`${GROUPS}/default/auth/tokens`))).toMatchObject({ level: 'full' });
});

test('group tokens made after a rotation count, also when the clock has gone back and the server was restarted', async () => {
  await api.database('a');
  await api.post(`${DATABASES}/a/auth/rotate`);
  api.nowMs -= 3_600_000;
  await api.restart();
  expect(await rights('a', await mint(`${GROUPS}/default/auth/tokens`))).toMatchObject({ level: 'full' });
});

test('a rotation ends group tokens of before, also those made while the clock was fast, by another process', async () => {
  await api.database('a');
  api.nowMs += 3_600_000;
  const early = await mint(`${GROUPS}/default/auth/tokens`);
  api.nowMs -= 3_600_000;
  await api.restart();
  await api.post(`${DATABASES}/a/auth/rotate`);
  expect(await rights('a', early)).toEqual(INVALID);
  const late = await mint(`${GROUPS}/default/auth/tokens?expiration=1d`);
  expect(await rights('a', late)).toMatchObject({ level: 'full', expiresAtMs: api.nowMs + 86_400_000 });
});

test("rotating a group's tokens ends those of its databases as well", async () => {
  await api.database('a');
  const own = await mint(`${DATABASES}/a/auth/tokens`);
  const group = await mint(`${GROUPS}/default/auth/tokens`);
  await rights('a', own);
  expect(await api.post(`${GROUPS}/default/auth/rotate`)).toEqual({ status: 200, body: {} });
  expect([await rights('a', own), await rights('a', group)]).toEqual([INVALID, INVALID]);
  expect(await rights('a', await mint(`${DATABASES}/a/auth/tokens`))).toMatchObject({ level: 'full' });
});

test('tokens survive a restart', async () => {
  await api.database('a');
  const jwt = await mint(`${DATABASES}/a/auth/tokens`);
  await api.restart();
  expect(await rights('a', jwt)).toMatchObject({ level: 'full' });
});
