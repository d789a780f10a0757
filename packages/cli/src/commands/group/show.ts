import { getGroup } from '@skerry/contract/operations/groups';

import { facts, yesNo } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';
import { GROUP } from '../arguments.ts';

export const groupShow = apiCommand({
  name: 'group show',
  summary: 'One group.',
  arguments: [GROUP],
  run: async ({ api, argument, organization }) =>
    (
      await api.call(getGroup, {
        params: { organizationSlug: await organization(), groupName: argument('group') },
      })
    ).group,
  show: (group) =>
    facts([
      ['Name', group.name],
      ['ID', group.uuid],
      ['Primary', group.primary],
      ['Locations', group.locations.join(', ')],
      ['Delete protection', yesNo(group.delete_protection)],
    ]),
});
