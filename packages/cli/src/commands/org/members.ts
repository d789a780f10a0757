import { listOrganizationMembers } from '@skerry/contract/operations/members';

import { table } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';

export const orgMembersList = apiCommand({
  name: 'org members list',
  summary: 'Members of the organization.',
  run: async ({ api, organization }) =>
    (await api.call(listOrganizationMembers, { params: { organizationSlug: await organization() } })).members,
  show: (members) =>
    table(
      ['USERNAME', 'ROLE', 'E-MAIL'],
      members.map(({ username, role, email }) => [username, role, email]),
      'There are no members.',
    ),
});
