import { addLocationToGroup, getGroup, removeLocationFromGroup } from '@skerry/contract/operations/groups';

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

export const groupLocationsAdd = apiCommand({
  name: 'group locations add',
  summary: 'Give every database of the group a replica in a location.',
  arguments: [GROUP, LOCATION],
  async run({ api, argument, organization }) {
    const params = {
      organizationSlug: await organization(),
      groupName: argument('group'),
      location: argument('location'),
    };
    return (await api.call(addLocationToGroup, { params })).group;
  },
  show: ({ name, locations }) => `Group ${name} is now in ${locations.join(', ')}.\n`,
});

export const groupLocationsRemove = apiCommand({
  name: 'group locations remove',
  summary: 'Remove the replicas of the group from a location.',
  arguments: [GROUP, LOCATION],
  async run({ api, argument, organization }) {
    const params = {
      organizationSlug: await organization(),
      groupName: argument('group'),
      location: argument('location'),
    };
    return (await api.call(removeLocationFromGroup, { params })).group;
  },
  show: ({ name, locations }) => `Group ${name} is now in ${locations.join(', ')}.\n`,
});
