import { addLocationToGroup, getGroup, removeLocationFromGroup } from '@skerry/contract/operations/groups';

import type { Command } from '../../command.ts';
import { table } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';
import { GROUP, LOCATION } from '../arguments.ts';

export const groupLocationsList = apiCommand({
  name: 'group locations list',
  summary: 'Locations of a group.',
  arguments: [GROUP],
  async run({ api, argument, organization }) {
    const params = { organizationSlug: await organization(), groupName: argument('group') };
    return (await api.call(getGroup, { params })).group;
  },
  show: ({ locations, primary, status }) =>
    table(
      ['LOCATION', 'ROLE', 'STATUS'],
      locations.map((location) => [
        location,
        location === primary ? 'primary' : 'replica',
        status.locations.find(({ name }) => name === location)?.status ?? '',
      ]),
      '',
    ),
});

export const groupLocationsAdd = changeOfLocations(
  'group locations add',
  'Give every database of the group a replica in a location.',
  addLocationToGroup,
);

export const groupLocationsRemove = changeOfLocations(
  'group locations remove',
  'Remove the replicas of the group from a location.',
  removeLocationFromGroup,
);

function changeOfLocations(name: string, summary: string, operation: typeof addLocationToGroup): Command {
  return apiCommand({
    name,
    summary,
    arguments: [GROUP, LOCATION],
    async run({ api, argument, organization }) {
      const params = {
        organizationSlug: await organization(),
        groupName: argument('group'),
        location: argument('location'),
      };
      return (await api.call(operation, { params })).group;
    },
    show: ({ name: group, locations }) => `Group ${group} is now in ${locations.join(', ')}.\n`,
  });
}
