import { listOrganizations } from '@skerry/contract/operations/organizations';

import { table } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';

export const orgList = apiCommand({
  name: 'org list',
  summary: 'Organizations that you belong to.',
  run: async ({ api }) => await api.call(listOrganizations, { params: {} }),
  show: (organizations) =>
    table(
      ['NAME', 'SLUG', 'TYPE'],
      organizations.map(({ name, slug, type }) => [name, slug, type]),
      'You belong to no organization.',
    ),
});
