import { createOrganization } from '@skerry/contract/operations/organizations';

import { apiCommand } from '../api-command.ts';

export const orgCreate = apiCommand({
  name: 'org create',
  summary: 'Make a team organization, with a group "default".',
  arguments: [{ name: 'organization', help: 'Its name and slug.' }],
  run: async ({ api, argument }) =>
    (await api.call(createOrganization, { params: {}, body: { name: argument('organization') } })).org,
  show: ({ slug }) => `Made organization ${slug}. Name it with --org ${slug}.\n`,
});
