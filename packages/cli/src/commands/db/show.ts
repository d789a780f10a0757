import { getDatabase } from '@skerry/contract/operations/databases';
import { listDatabaseInstances } from '@skerry/contract/operations/instances';
import type { Instance } from '@skerry/contract/operations/instances';
import type { z } from 'zod';

import { facts, table, yesNo } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';
import { DATABASE } from '../arguments.ts';

export const dbShow = apiCommand({
  name: 'db show',
  summary: 'One database, its addresses and its instances.',
  arguments: [DATABASE],
  async run({ api, argument, organization }) {
    const params = { organizationSlug: await organization(), databaseName: argument('database') };
    const { database } = await api.call(getDatabase, { params });
    const { instances } = await api.call(listDatabaseInstances, { params });
    const path = `${api.connection.url}/db/${params.organizationSlug}/${params.databaseName}`;
    return { ...database, path, instances };
  },
  show: (database) =>
    `${facts([
      ['Name', database.Name],
      ['ID', database.DbId],
      ['Group', database.group],
      ['Address', `http://${database.Hostname}`],
      ['By path', database.path],
      ['Delete protection', yesNo(database.delete_protection)],
    ])}\n${table(
      ['INSTANCE', 'ROLE', 'LAG', 'ADDRESS'],
      database.instances.map((instance) => [instance.name, instance.type, lagOf(instance), instance.hostname]),
      '',
    )}`,
});

function lagOf({ type, lag_frames: frames, lag_ms: ms }: z.output<typeof Instance>): string {
  if (type === 'primary') {
    return '-';
  }
  return frames === null || ms === null
    ? 'unknown'
    : frames === 0
      ? 'none'
      : `${frames} pages, ${Math.ceil(ms / 1000)} s`;
}
