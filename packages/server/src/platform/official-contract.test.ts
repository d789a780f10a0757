/**
 * Every operation of Turso's own OpenAPI document, called against the real routes, its answer held against the
 * document's schema. The document is not ours to ship: where it does not lie beside the repository, this is skipped.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Harness, OWNER } from './testing/harness.ts';
import { type OfficialDocument, type OfficialOperation, OfficialSchemas } from './testing/official-schema.ts';

const DOCUMENT = path.resolve(import.meta.dirname, '../../../../../shared/reference/turso-platform-openapi.json');
const isThere = existsSync(DOCUMENT);
const document: OfficialDocument = isThere
  ? (JSON.parse(readFileSync(DOCUMENT, 'utf8')) as OfficialDocument)
  : { paths: {}, components: {} };
const schemas = new OfficialSchemas(document);

interface Call {
  /** Values of path parameters; those that are not named are the usual ones. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: object;
}

const USUAL = {
  organizationSlug: 'acme',
  databaseName: 'shop',
  groupName: 'default',
  instanceName: 'local',
  tokenName: 'ci',
  username: 'bob',
  location: 'lhr',
};

/** In an order in which each finds what it needs. */
const CALLS: readonly (readonly [operationId: string, call: Call])[] = [
  ['listLocations', {}],
  ['getCurrentUser', {}],
  ['validateAPIToken', {}],
  ['listOrganizations', {}],
  ['getOrganization', {}],
  ['updateOrganization', { body: { overages: true } }],
  ['listOrganizationPlans', {}],
  ['listOrganizationInvoices', { query: '?type=all' }],
  ['getOrganizationSubscription', {}],
  ['createGroup', { body: { name: 'eu', location: 'aws-eu-west-1', extensions: ['vector', 'uuid'] } }],
  ['listGroups', {}],
  ['getGroup', {}],
  ['updateGroupConfiguration', { body: { delete_protection: false } }],
  ['getGroupConfiguration', {}],
  ['addLocationToGroup', {}],
  ['createDatabase', { body: { name: 'fork', group: 'default', seed: { type: 'database', name: 'shop' } } }],
  ['listDatabases', { query: '?group=default' }],
  ['getDatabase', { params: { databaseName: 'fork' } }],
  [
    'updateDatabaseConfiguration',
    { body: { size_limit: '1gb', allow_attach: true, allowed_ips: ['10.0.0.0/8'], allowed_aws_vpc_ids: [] } },
  ],
  ['getDatabaseConfiguration', {}],
  ['listDatabaseInstances', {}],
  ['getDatabaseInstance', {}],
  [
    'createDatabaseToken',
    {
      query: '?expiration=2w1d30m&authorization=read-only',
      body: { permissions: { read_attach: { databases: ['fork'] } } },
    },
  ],
  ['createGroupToken', { query: '?expiration=never&authorization=full-access' }],
  ['getDatabaseUsage', { query: '?from=2026-06-01T00:00:00Z&to=2026-07-01T00:00:00Z' }],
  ['getDatabaseStats', {}],
  ['getOrganizationUsage', {}],
  ['invalidateDatabaseTokens', {}],
  ['invalidateGroupTokens', {}],
  ['removeLocationFromGroup', {}],
  ['unarchiveGroup', {}],
  ['updateGroupDatabases', {}],
  ['transferGroup', { params: { groupName: 'eu' }, body: { organization: OWNER } }],
  ['addOrganizationMember', { body: { username: 'bob', role: 'member' } }],
  ['listOrganizationMembers', {}],
  ['getOrganizationMember', {}],
  ['updateMemberRole', { body: { role: 'viewer' } }],
  ['removeOrganizationMember', {}],
  ['inviteOrganizationMemberV2', { body: { email: 'eve@example.org', role: 'admin' } }],
  ['listOrganizationInvitesV2', {}],
  ['deleteOrganizationInviteByEmailV2', { params: { email: 'eve@example.org' } }],
  ['createAPIToken', { body: { organization: 'acme', group: 'default', scopes: ['read-only', 'db:create'] } }],
  ['listAPITokens', {}],
  ['listOrganizationAPITokens', {}],
  ['revokeOrganizationAPIToken', {}],
  ['revokeAPIToken', { params: { tokenName: 'other' } }],
  ['listOrganizationAuditLogs', { query: '?page=1&page_size=100' }],
  ['deleteDatabase', { params: { databaseName: 'fork' } }],
  ['deleteGroup', {}],
];

/** Where we knowingly differ, and why. */
const DIFFERENCES: readonly RegExp[] = [
  // Only tokens that are restricted have these; the text of the document says so.
  /^listAPITokens\.tokens\[\d+\]\.(organization|group|scopes) is missing$/,
  // Changes for which the document has no code.
  /^listOrganizationAuditLogs\.audit_logs\[\d+\]\.code is "[\w-]+", which is none of the documented values$/,
];

interface Place {
  readonly method: string;
  readonly path: string;
  readonly operation: OfficialOperation;
}

const places = new Map<string, Place>(
  Object.entries(document.paths).flatMap(([route, item]) =>
    Object.entries(item)
      .filter(([method]) => ['get', 'post', 'patch', 'delete', 'put'].includes(method))
      .map(([method, operation]): [string, Place] => [
        operation.operationId,
        { method: method.toUpperCase(), path: route, operation },
      ]),
  ),
);

describe.skipIf(!isThere)(`Turso's OpenAPI document${isThere ? '' : ' (skipped: it does not lie beside us)'}`, () => {
  let api: Harness;
  let tokenId: string;

  beforeAll(async () => {
    api = await Harness.start();
    await api.user('bob');
    await api.post('/v1/organizations', { name: 'acme' });
    await api.post('/v1/organizations/acme/databases', { name: 'shop', group: 'default' });
    await api.post('/v1/auth/api-tokens/other', {});
    const restriction = { organization: 'acme', group: 'default', scopes: ['read'] };
    tokenId = (await api.post('/v1/auth/api-tokens/pinned', restriction)).body.id;
  });

  afterAll(async () => {
    await api.stop();
  });

  test('all of its operations are called here', () => {
    expect(CALLS.map(([operationId]) => operationId).sort()).toEqual([...places.keys()].sort());
    expect(CALLS.length).toBe(49);
  });

  test.each(CALLS)('%s answers as documented', async (operationId, { params, query, body }) => {
    const place = places.get(operationId);
    if (place === undefined) {
      throw new Error('the document has no such operation');
    }
    const values: Readonly<Record<string, string>> = { ...USUAL, tokenId, ...params };
    const url = place.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '') + (query ?? '');
    const answer = await api.call(place.method, url, body === undefined ? {} : { body });
    expect({ status: answer.status, error: answer.body.error }).toEqual({ status: 200, error: undefined });
    const schema = schemas.responseSchema(place.operation.responses['200']);
    const problems = schema === undefined ? [] : schemas.problems(schema, answer.body, operationId);
    expect(problems.filter((problem) => !DIFFERENCES.some((known) => known.test(problem)))).toEqual([]);
  });
});

test('the comparison sees what is missing, of another type, or of another value', () => {
  const schema = {
    type: 'object',
    properties: {
      a: { type: 'string' },
      b: { type: 'integer' },
      c: { enum: ['x'] },
      d: { type: 'array', items: { type: 'boolean' } },
    },
  };
  expect(schemas.problems(schema, { a: 1, c: 'y', d: [true, 'no'] }, 'it')).toEqual([
    'it.a is integer, not string',
    'it.b is missing',
    'it.c is "y", which is none of the documented values',
    'it.d[1] is string, not boolean',
  ]);
});
