import { createGroup } from '@skerry/contract/operations/groups';
import { listLocations } from '@skerry/contract/operations/locations';

import type { Api } from '../../api/api.ts';
import { apiCommand } from '../api-command.ts';
import { GROUP } from '../arguments.ts';

export const groupCreate = apiCommand({
  name: 'group create',
  summary: 'Make a group; its location becomes the primary.',
  arguments: [GROUP],
  flags: [{ name: 'location', metavar: 'code', help: "Location of the primary. (default: the server's first)" }],
  async run({ api, argument, flag, organization }) {
    const location = flag('location') ?? (await firstLocation(api));
    const params = { organizationSlug: await organization() };
    return (await api.call(createGroup, { params, body: { name: argument('group'), location } })).group;
  },
  show: ({ name, primary }) => `Made group ${name} in ${primary}.\n`,
});

async function firstLocation(api: Api): Promise<string> {
  const { locations } = await api.call(listLocations, { params: {} });
  return Object.keys(locations)[0] ?? '';
}
