import { z } from 'zod';

import { inOrganization } from './authority.ts';
import { NOTHING, operation } from './operation.ts';

const query = z.object({
  expiration: z.string().optional().describe('`never`, or a duration such as `2w1d30m`.'),
  authorization: z.string().optional().describe('`full-access` or `read-only`.'),
});

const body = z.object({
  permissions: z
    .object({
      read_attach: z
        .object({ databases: z.array(z.string()).nullish() })
        .nullish()
        .describe('Names of databases of the same group that the bearer may attach and read.'),
    })
    .nullish(),
  fine_grained_permissions: z
    .array(
      z.object({
        t: z.array(z.string()).nullish().describe('Tables; null is all.'),
        a: z.array(z.string()).describe('Actions.'),
      }),
    )
    .nullish(),
});

const response = z.object({ jwt: z.string() });
const database = '/v1/organizations/{organizationSlug}/databases/{databaseName}';
const group = '/v1/organizations/{organizationSlug}/groups/{groupName}';
const tag = 'Database tokens';

export const createDatabaseToken = operation({
  id: 'createDatabaseToken',
  tag,
  summary: 'Make a token for one database.',
  method: 'POST',
  path: `${database}/auth/tokens`,
  authority: inOrganization('member', 'db:mint-token'),
  query,
  body,
  response,
  errors: ['database_not_found', 'expiration_invalid', 'authorization_invalid', 'permission_invalid'],
});

export const createGroupToken = operation({
  id: 'createGroupToken',
  tag,
  summary: 'Make a token for every database of a group, also those made later.',
  method: 'POST',
  path: `${group}/auth/tokens`,
  authority: inOrganization('member', 'group:mint-token'),
  query,
  body,
  response,
  errors: ['group_not_found', 'expiration_invalid', 'authorization_invalid', 'permission_invalid'],
});

export const invalidateDatabaseTokens = operation({
  id: 'invalidateDatabaseTokens',
  tag,
  summary: 'End all tokens of a database at once; tokens of its group that exist now no longer open it either.',
  method: 'POST',
  path: `${database}/auth/rotate`,
  authority: inOrganization('member', 'db:rotate-creds'),
  response: NOTHING,
  errors: ['database_not_found', 'location_unavailable'],
});

export const invalidateGroupTokens = operation({
  id: 'invalidateGroupTokens',
  tag,
  summary: 'End all tokens of a group and of its databases at once.',
  method: 'POST',
  path: `${group}/auth/rotate`,
  authority: inOrganization('member', 'group:rotate-creds'),
  response: NOTHING,
  errors: ['group_not_found', 'location_unavailable'],
});
