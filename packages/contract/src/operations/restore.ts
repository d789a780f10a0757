/**
 * Deleted databases and groups, which can be brought back for some time. They are named by UUID, since their names are
 * free at once; deleted databases are listed by `listDatabases` with `deleted=true`.
 *
 * @module
 */
import { z } from 'zod';

import { inOrganization } from './authority.ts';
import { DeletedDatabase } from './databases.ts';
import { Group } from './groups.ts';
import { operation } from './operation.ts';

const organization = '/v3/organizations/{organizationSlug}';
const tag = 'Restore';

export const listDeletedGroups = operation({
  id: 'listDeletedGroups',
  tag,
  summary: 'Deleted groups that can be restored, the latest first.',
  method: 'GET',
  path: `${organization}/deleted-groups`,
  authority: inOrganization('viewer', null),
  query: z.object({ limit: z.string().optional(), cursor: z.string().optional() }),
  response: z.object({
    groups: z.array(
      z.object({
        uuid: z.string(),
        name: z.string(),
        deleted_at: z.string(),
        cascade_databases: z.int().describe('Databases that were deleted with it.'),
      }),
    ),
    pagination: z.object({ next: z.string().optional() }),
  }),
});

export const restoreGroup = operation({
  id: 'restoreGroup',
  tag,
  summary: 'Bring a group back, and the databases that were deleted with it. Tokens work again.',
  method: 'POST',
  path: `${organization}/groups/{deletedGroupId}/restore`,
  authority: inOrganization('admin', null),
  response: z.object({
    group: Group,
    databases: z.array(DeletedDatabase),
    failures: z.record(z.string(), z.string()).describe('By UUID: why a database could not be restored.'),
  }),
  errors: ['deleted_not_found', 'restore_disabled', 'group_exists', 'location_invalid'],
});

export const restoreDatabase = operation({
  id: 'restoreDatabase',
  tag,
  summary: 'Bring a database back as it was when it was deleted, under its name or a new one. Tokens work again.',
  method: 'POST',
  path: `${organization}/databases/{deletedDatabaseId}/restore`,
  authority: inOrganization('admin', null),
  body: z.object({ name: z.string().nullish() }),
  response: z.object({ database: DeletedDatabase }),
  errors: [
    'deleted_not_found',
    'restore_disabled',
    'restore_group_missing',
    'database_exists',
    'database_name_invalid',
    'address_taken',
  ],
});
