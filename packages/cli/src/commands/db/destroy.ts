import { deleteDatabase } from '@skerry/contract/operations/databases';

import { apiCommand, confirm, YES_FLAG } from '../api-command.ts';
import { DATABASE } from '../arguments.ts';

export const dbDestroy = apiCommand({
  name: 'db destroy',
  summary: 'Delete a database.',
  arguments: [DATABASE],
  flags: [YES_FLAG],
  async run(given) {
    const databaseName = given.argument('database');
    confirm(given, `This deletes the database ${databaseName} and its data, for good.`);
    return await given.api.call(deleteDatabase, {
      params: { organizationSlug: await given.organization(), databaseName },
    });
  },
  show: ({ database }) => `Deleted database ${database}.\n`,
});
