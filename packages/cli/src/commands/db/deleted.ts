import { listDatabases } from '@skerry/contract/operations/databases';
import { restoreDatabase } from '@skerry/contract/operations/restore';

import { table } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';

export const dbDeleted = apiCommand({
  name: 'db deleted',
  summary: 'Deleted databases that can be brought back.',
  async run({ api, organization }) {
    const params = { organizationSlug: await organization() };
    return (await api.call(listDatabases, { params, query: { deleted: 'true', limit: '1000' } })).databases;
  },
  show: (databases) =>
    table(
      ['ID', 'NAME', 'GROUP', 'DELETED'],
      databases.map(({ DbId, Name, group, deleted_at: deletedAt = '' }) => [DbId, Name, group, deletedAt]),
      'Nothing can be brought back.',
    ),
});

export const dbUndelete = apiCommand({
  name: 'db undelete',
  summary: 'Bring a deleted database back, with its content, address and tokens.',
  arguments: [{ name: 'id', help: 'As "db deleted" lists it.' }],
  flags: [{ name: 'name', metavar: 'name', help: 'New name, when the old one is taken.' }],
  async run({ api, argument, flag, organization }) {
    const params = { organizationSlug: await organization(), deletedDatabaseId: argument('id') };
    return (await api.call(restoreDatabase, { params, body: { name: flag('name') } })).database;
  },
  show: ({ Name, Hostname }) => `${Name} is back at ${Hostname}\n`,
});
