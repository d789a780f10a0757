import { deleteOrganization } from '@skerry/contract/operations/organizations';

import { apiCommand, confirm, YES_FLAG } from '../api-command.ts';

export const orgDestroy = apiCommand({
  name: 'org destroy',
  summary: 'Delete an organization that has no databases.',
  arguments: [{ name: 'organization', help: 'Slug.' }],
  flags: [YES_FLAG],
  async run(given) {
    const organizationSlug = given.argument('organization');
    confirm(given, `This deletes the organization ${organizationSlug}, for good.`);
    await given.api.call(deleteOrganization, { params: { organizationSlug } });
    return { organization: organizationSlug };
  },
  show: ({ organization }) => `Deleted organization ${organization}.\n`,
});
