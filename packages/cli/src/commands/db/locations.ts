import { listLocations } from '@skerry/contract/operations/locations';

import { table } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';

export const dbLocations = apiCommand({
  name: 'db locations',
  summary: 'Locations that groups may use.',
  run: async ({ api }) => (await api.call(listLocations, { params: {} })).locations,
  show: (locations) => table(['CODE', 'LOCATION'], Object.entries(locations), 'There are no locations.'),
});
