/**
 * Who may call what: one table over all operations, so that a new operation is checked without anybody thinking of it.
 */
import { OPERATIONS } from '@skerry/contract/operations/all';
import { type Authority, ROLES, SCOPES } from '@skerry/contract/operations/authority';
import type { Operation } from '@skerry/contract/operations/operation';
import { pathsOf } from '@skerry/contract/operations/paths';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { newApiToken } from '../../access/api-tokens.ts';
import type { Role } from '../../store/tables.ts';
import { insertApiToken } from '../api-tokens/service.ts';
import { Harness, OWNER } from '../testing/harness.ts';

let api: Harness;
let databaseJwt: string;
let stranger: string;
const byRole = new Map<Role, string>();
/** For the group `default`, with every scope; and with each single one. */
const pinned = new Map<string, string>();
let elsewhere: string;

beforeAll(async () => {
  api = await Harness.start();
  await api.database('shop');
  await api.post('/v1/groups', { name: 'other', location: 'local' });
  await api.database('hidden', 'other');
  databaseJwt = (await api.post('/v1/databases/shop/auth/tokens')).body.jwt;
  stranger = await api.user('stranger');
  const { db } = api.store;
  const organization = await db
    .selectFrom('organizations')
    .where('slug', '=', OWNER)
    .select('id')
    .executeTakeFirstOrThrow();
  for (const role of ROLES.filter((name) => name !== 'owner')) {
    byRole.set(role, await api.user(role));
    const user = await db.selectFrom('users').where('username', '=', role).select('id').executeTakeFirstOrThrow();
    await db
      .insertInto('memberships')
      .values({ organization_id: organization.id, user_id: user.id, role, created_at_ms: api.nowMs })
      .execute();
  }
  byRole.set('owner', api.token);
  for (const scope of ['full-access', ...SCOPES] as const) {
    const { body } = await api.post(`/v1/auth/api-tokens/${scope.replace(':', '-')}`, {
      organization: OWNER,
      group: 'default',
      scopes: [scope],
    });
    pinned.set(scope, body.token);
  }
  elsewhere = newApiToken();
  await db.transaction().execute(async (transaction) => {
    const user = await transaction
      .selectFrom('users')
      .where('username', '=', OWNER)
      .select('id')
      .executeTakeFirstOrThrow();
    const team = { id: 'team-1', slug: 'team', name: 'team', type: 'team' as const, created_at_ms: api.nowMs };
    await transaction.insertInto('organizations').values(team).execute();
    await transaction
      .insertInto('memberships')
      .values({ organization_id: team.id, user_id: user.id, role: 'owner', created_at_ms: api.nowMs })
      .execute();
    const limits = { organizationId: team.id, groupId: null, scopes: null };
    await insertApiToken(transaction, { userId: user.id, name: 'team', token: elsewhere, limits, nowMs: api.nowMs });
  });
});

afterAll(async () => {
  await api.stop();
});

/** Parameters that name nothing, so that no call of this table changes anything. */
function urlOf(operation: Operation, path = operation.path): string {
  return path.replace('{organizationSlug}', OWNER).replaceAll(/\{\w+\}/g, 'nothing-of-that-name');
}

async function call(operation: Operation, token: string | null, path?: string) {
  // A body that no operation accepts: whoever gets as far as its validation has passed the gate.
  return await api.call(operation.method, urlOf(operation, path), { token, body: operation.hasBody ? '{' : undefined });
}

const all = OPERATIONS.map((operation) => [`${operation.method} ${operation.path}`, operation] as const);
const guarded = all.filter(([, { authority }]) => authority.kind !== 'public');
const ofOrganizations = all.filter(([, { authority }]) => authority.kind === 'organization');

function authorityOf(operation: Operation): Extract<Authority, { kind: 'organization' }> {
  if (operation.authority.kind !== 'organization') {
    throw new Error(`${operation.id} is about no organization`);
  }
  return operation.authority;
}

test('the table has every operation that is served', () => {
  // Pages are no operations; they answer HTML, and have tests of their own.
  const pages = new Set(['/', '/signup', '/static/style.v2.css']);
  const served = new Set(
    api.platform.app.routes
      .filter(({ path }) => !pages.has(path) && !path.startsWith('/auth/'))
      .map(({ method, path }) => `${method} ${path}`),
  );
  const known = new Set(
    OPERATIONS.flatMap((operation) =>
      pathsOf(operation).map(({ path }) => `${operation.method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    ),
  );
  expect([...served].sort()).toEqual([...known].sort());
});

test.each(guarded)('%s needs a token, on every path', async (_, operation) => {
  for (const { path } of pathsOf(operation)) {
    const answer = await call(operation, null, path);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 401, code: 'token_missing' });
  }
});

test.each(guarded)('%s refuses a token that nobody made', async (_, operation) => {
  const answer = await call(operation, 'skerry_unknown');
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 401, code: 'token_invalid' });
});

test.each(guarded)("%s tells the bearer of a database's token which kind is needed", async (_, operation) => {
  const answer = await call(operation, databaseJwt);
  expect(answer.status).toBe(401);
  expect(answer.body.error).toContain('the Platform API needs an API token');
});

test.each(ofOrganizations)('%s keeps those out who are not members', async (_, operation) => {
  const answer = await call(operation, stranger);
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 403, code: 'not_a_member' });
});

test.each(ofOrganizations)('%s is 404 in an organization that does not exist', async (_, operation) => {
  const answer = await call(operation, api.token, operation.path.replace('{organizationSlug}', 'no-such-organization'));
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 404, code: 'organization_not_found' });
});

test.each(ofOrganizations)('%s is 404 for a token of another organization', async (_, operation) => {
  const answer = await call(operation, elsewhere);
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 404, code: 'organization_not_found' });
});

test.each(ofOrganizations)('%s lets in the roles that it names, and no lower one', async (_, operation) => {
  const { role: needed } = authorityOf(operation);
  for (const role of ROLES) {
    const { status, body } = await call(operation, byRole.get(role) ?? '');
    const refused = status === 403 && (body.code === 'role_too_low' || body.code === 'member_update_forbidden');
    expect({ role, refused }).toEqual({ role, refused: ROLES.indexOf(role) < ROLES.indexOf(needed) });
  }
});

test.each(ofOrganizations)('%s lets in tokens for a group that have its scope, and no others', async (_, operation) => {
  const { scope: needed } = authorityOf(operation);
  for (const scope of ['full-access', ...SCOPES] as const) {
    const allowed = scope === 'full-access' ? needed !== null : scope === needed;
    const { status, body } = await call(operation, pinned.get(scope) ?? '');
    const refused = status === 403 && (body.code === 'scope_missing' || body.code === 'token_restricted');
    expect({ scope, refused }).toEqual({ scope, refused: !allowed });
  }
});

const things = ofOrganizations.filter(
  ([, { path, authority }]) =>
    /\{(databaseName|groupName)\}/.test(path) && authority.kind === 'organization' && authority.scope !== null,
);

test.each(things)('%s answers for a thing of another group as for one that does not exist', async (_, operation) => {
  const token = pinned.get('full-access') ?? '';
  const path = (database: string, group: string) =>
    operation.path
      .replace('{organizationSlug}', OWNER)
      .replace('{databaseName}', database)
      .replace('{groupName}', group)
      .replaceAll(/\{\w+\}/g, 'local');
  const hidden = await api.call(operation.method, path('hidden', 'other'), { token });
  const missing = await api.call(operation.method, path('missing', 'missing'), { token });
  expect(hidden.status).toBe(404);
  expect({ ...hidden.body, error: hidden.body.error.replace('hidden', 'missing') }).toEqual(missing.body);
  expect((await api.get('/v1/databases/hidden')).status).toBe(200);
});

test('a token for a group sees its group and databases only', async () => {
  const token = pinned.get('read') ?? '';
  const databases = await api.get(`/v1/organizations/${OWNER}/databases`, { token });
  const groups = await api.get(`/v1/organizations/${OWNER}/groups`, { token });
  expect(databases.body.databases.map(({ Name }: { Name: string }) => Name)).toEqual(['shop']);
  expect(groups.body.groups.map(({ name }: { name: string }) => name)).toEqual(['default']);
  expect((await api.get('/v1/organizations', { token })).body.length).toBe(1);
});

test('a token for a group makes databases in it, and as good as no other group exists', async () => {
  const token = pinned.get('db:create') ?? '';
  const databases = `/v1/organizations/${OWNER}/databases`;
  expect((await api.post(databases, { name: 'mine', group: 'default' }, { token })).status).toBe(200);
  const answer = await api.post(databases, { name: 'theirs', group: 'other' }, { token });
  expect(answer).toEqual(await api.post(databases, { name: 'theirs', group: 'missing' }, { token }));
  expect(answer.status).toBe(400);
});

test('a token for a group copies databases of its group only', async () => {
  const token = pinned.get('full-access') ?? '';
  const databases = `/v1/organizations/${OWNER}/databases`;
  const copy = async (name: string) =>
    await api.post(databases, { name: 'copy', group: 'default', seed: { type: 'database', name } }, { token });
  const hidden = await copy('hidden');
  expect(hidden.body.error.replace('hidden', 'missing')).toBe((await copy('missing')).body.error);
  expect(hidden.status).toBe(400);
});

test('a token for one organization does nothing with the tokens and the organizations of its user', async () => {
  for (const [, operation] of guarded.filter(([, { authority }]) => authority.kind === 'caller')) {
    const { status, body } = await call(operation, elsewhere);
    const isRefused = status === 403 && body.code === 'token_restricted';
    expect({ id: operation.id, isRefused }).toEqual({
      id: operation.id,
      isRefused: operation.authority.kind === 'caller' && operation.authority.unrestricted,
    });
  }
  expect((await api.get('/v1/organizations', { token: elsewhere })).body.length).toBe(1);
});
