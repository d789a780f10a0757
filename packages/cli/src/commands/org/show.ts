import { getOrganization } from '@skerry/contract/operations/organizations';

import { facts } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';

export const orgShow = apiCommand({
  name: 'org show',
  summary: 'One organization: the one named, else the one that commands are about.',
  arguments: [{ name: 'organization', help: 'Slug.', isOptional: true }],
  async run({ api, optionalArgument, organization }) {
    const organizationSlug = optionalArgument('organization') ?? (await organization());
    return (await api.call(getOrganization, { params: { organizationSlug } })).organization;
  },
  show: ({ name, slug, type, id }) =>
    facts([
      ['Name', name],
      ['Slug', slug],
      ['Type', type],
      ['ID', id],
    ]),
});
