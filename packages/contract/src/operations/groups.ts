import { z } from 'zod';

import { inOrganization } from './authority.ts';
import { NOTHING, operation } from './operation.ts';

export const EXTENSIONS = [
  'vector',
  'crypto',
  'fuzzy',
  'math',
  'stats',
  'text',
  'unicode',
  'uuid',
  'regexp',
  'vec',
] as const;

export const Group = z
  .object({
    name: z.string(),
    version: z.string(),
    uuid: z.string(),
    locations: z.array(z.string()).describe('Location codes, the primary among them.'),
    primary: z.string().describe('Location code of the primary.'),
    delete_protection: z.boolean(),
    archived: z.boolean(),
    status: z.object({
      locations: z.array(z.object({ name: z.string(), status: z.enum(['up', 'down']) })),
    }),
  })
  .meta({ id: 'Group' });

const OneGroup = z.object({ group: Group });
const Configuration = z.object({ delete_protection: z.boolean() }).meta({ id: 'GroupConfiguration' });
const groups = '/v1/organizations/{organizationSlug}/groups';
const group = '/v1/organizations/{organizationSlug}/groups/{groupName}';
const tag = 'Groups';

export const listGroups = operation({
  id: 'listGroups',
  tag,
  summary: 'Groups of the organization.',
  method: 'GET',
  path: groups,
  authority: inOrganization('viewer', 'read'),
  response: z.object({ groups: z.array(Group) }),
});

export const createGroup = operation({
  id: 'createGroup',
  tag,
  summary: 'Make a group; its location becomes the primary.',
  method: 'POST',
  path: groups,
  authority: inOrganization('member', null),
  body: z.object({
    name: z.string(),
    location: z.string(),
    extensions: z.union([z.literal('all'), z.array(z.enum(EXTENSIONS))]).nullish(),
  }),
  response: OneGroup,
  errors: ['group_exists', 'group_name_invalid', 'location_invalid', 'location_not_primary'],
});

export const getGroup = operation({
  id: 'getGroup',
  tag,
  summary: 'One group.',
  method: 'GET',
  path: group,
  authority: inOrganization('viewer', 'read'),
  response: OneGroup,
  errors: ['group_not_found'],
});

export const deleteGroup = operation({
  id: 'deleteGroup',
  tag,
  summary: 'Delete a group and every database in it.',
  method: 'DELETE',
  path: group,
  authority: inOrganization('member', null),
  response: OneGroup,
  errors: ['group_not_found', 'group_protected', 'database_protected'],
});

export const getGroupConfiguration = operation({
  id: 'getGroupConfiguration',
  tag,
  summary: 'Configuration of a group.',
  method: 'GET',
  path: `${group}/configuration`,
  authority: inOrganization('viewer', 'read'),
  response: Configuration,
  errors: ['group_not_found'],
});

export const updateGroupConfiguration = operation({
  id: 'updateGroupConfiguration',
  tag,
  summary: 'Change the configuration of a group.',
  method: 'PATCH',
  path: `${group}/configuration`,
  authority: inOrganization('member', 'group:configure'),
  body: z.object({ delete_protection: z.boolean().nullish() }),
  response: Configuration,
  errors: ['group_not_found'],
});

export const addLocationToGroup = operation({
  id: 'addLocationToGroup',
  tag,
  summary: 'Give every database of the group a replica in a location.',
  method: 'POST',
  path: `${group}/locations/{location}`,
  authority: inOrganization('member', 'group:configure'),
  response: OneGroup,
  errors: ['group_not_found', 'location_invalid', 'location_not_primary', 'location_mixed', 'change_interrupted'],
});

export const removeLocationFromGroup = operation({
  id: 'removeLocationFromGroup',
  tag,
  summary: 'Remove the replicas of the group from a location.',
  method: 'DELETE',
  path: `${group}/locations/{location}`,
  authority: inOrganization('member', 'group:configure'),
  response: OneGroup,
  errors: ['group_not_found', 'location_code_invalid', 'location_primary'],
});

/** The CLI calls it after it added a location; adding answers only when the location is ready, so this never waits. */
export const waitForGroupLocation = operation({
  id: 'waitForGroupLocation',
  tag,
  summary: 'Answers when the location of the group is ready.',
  method: 'GET',
  path: `${group}/locations/{location}/wait`,
  authority: inOrganization('viewer', 'read'),
  response: NOTHING,
  errors: ['group_not_found', 'location_code_invalid'],
});
