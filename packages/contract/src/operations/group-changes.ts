/**
 * What can be done with a whole group, besides making and deleting it.
 *
 * @module
 */
import { z } from 'zod';

import { inOrganization } from './authority.ts';
import { Group } from './groups.ts';
import { NOTHING, operation } from './operation.ts';

const group = '/v1/organizations/{organizationSlug}/groups/{groupName}';
const tag = 'Groups';
const OneGroup = z.object({ group: Group });

export const renameGroup = operation({
  id: 'renameGroup',
  tag,
  summary: 'Give a group another name.',
  method: 'POST',
  path: `${group}/rename`,
  authority: inOrganization('member', 'group:configure'),
  body: z.object({ name: z.string() }),
  response: OneGroup,
  errors: ['group_not_found', 'group_exists', 'group_name_invalid'],
});

/** The only one that answers a bare group. */
export const transferGroup = operation({
  id: 'transferGroup',
  tag,
  summary: 'Move a group and its databases to another organization of yours; addresses and tokens stay valid.',
  method: 'POST',
  path: `${group}/transfer`,
  authority: inOrganization('admin', null),
  body: z.object({ organization: z.string() }),
  response: Group,
  errors: [
    'group_not_found',
    'organization_not_found',
    'group_exists',
    'database_exists',
    'database_name_invalid',
    'address_taken',
  ],
});

export const unarchiveGroup = operation({
  id: 'unarchiveGroup',
  tag,
  summary: 'Nothing is ever archived, so this finds the group awake.',
  method: 'POST',
  path: `${group}/unarchive`,
  authority: inOrganization('member', 'group:configure'),
  response: OneGroup,
  errors: ['group_not_found'],
});

export const updateGroupDatabases = operation({
  id: 'updateGroupDatabases',
  tag,
  summary: 'Every database always runs the version of the server, so this changes nothing.',
  method: 'POST',
  path: `${group}/update`,
  authority: inOrganization('member', 'group:configure'),
  response: NOTHING,
  errors: ['group_not_found'],
});

export const getAwsMigration = operation({
  id: 'getAwsMigration',
  tag,
  summary: 'There is no other platform to migrate to.',
  method: 'GET',
  path: `${group}/aws/migration/info`,
  authority: inOrganization('viewer', 'read'),
  response: z.object({ status: z.literal('none'), comment: z.string() }),
  errors: ['group_not_found'],
});

export const startAwsMigration = operation({
  id: 'startAwsMigration',
  tag,
  summary: 'Not offered.',
  method: 'POST',
  path: `${group}/aws/migration/start`,
  authority: inOrganization('admin', null),
  response: NOTHING,
  errors: ['group_not_found', 'not_offered'],
});

export const abortAwsMigration = operation({
  id: 'abortAwsMigration',
  tag,
  summary: 'Not offered.',
  method: 'POST',
  path: `${group}/aws/migration/abort`,
  authority: inOrganization('admin', null),
  response: NOTHING,
  errors: ['group_not_found', 'not_offered'],
});
