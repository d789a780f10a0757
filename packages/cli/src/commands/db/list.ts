import { listDatabases } from '@skerry/contract/operations/databases';

import { table } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';

export const dbList = apiCommand({
  name: 'db list',
  summary: 'Databases of the organization.',
  flags: [{ name: 'group', metavar: 'group', help: 'Only those of this group.' }],
  async run({ api, flag, organization }) {
    const group = flag('group');
    const params = { organizationSlug: await organization() };
    const query = group === undefined ? {} : { group };
    return (await api.call(listDatabases, { params, query })).databases;
  },
  show: (databases) =>
    table(
      ['NAME', 'GROUP', 'ADDRESS'],
      databases.map(({ Name, group, Hostname }) => [Name, group, Hostname]),
      'There are no databases. Make one: skerry db create <database>',
    ),
});
