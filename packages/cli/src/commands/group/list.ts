import { listGroups } from '@skerry/contract/operations/groups';

import { table } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';

export const groupList = apiCommand({
  name: 'group list',
  summary: 'Groups of the organization.',
  run: async ({ api, organization }) =>
    (await api.call(listGroups, { params: { organizationSlug: await organization() } })).groups,
  show: (groups) =>
    table(
      ['NAME', 'PRIMARY', 'LOCATIONS', 'PROTECTED'],
      groups.map((group) => [
        group.name,
        group.primary,
        group.locations.join(', '),
        group.delete_protection ? 'yes' : 'no',
      ]),
      'There are no groups. Make one: skerry group create <group>',
    ),
});
