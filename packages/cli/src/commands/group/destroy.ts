import { deleteGroup } from '@skerry/contract/operations/groups';

import { apiCommand, confirm, YES_FLAG } from '../api-command.ts';
import { GROUP } from '../arguments.ts';

export const groupDestroy = apiCommand({
  name: 'group destroy',
  summary: 'Delete a group and every database in it.',
  arguments: [GROUP],
  flags: [YES_FLAG],
  async run(given) {
    const groupName = given.argument('group');
    confirm(given, `This deletes the group ${groupName} and every database in it, for good.`);
    const params = { organizationSlug: await given.organization(), groupName };
    return (await given.api.call(deleteGroup, { params })).group;
  },
  show: ({ name }) => `Deleted group ${name}.\n`,
});
