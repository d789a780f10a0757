import { createDatabase } from '@skerry/contract/operations/databases';

import { apiCommand } from '../api-command.ts';
import { DATABASE } from '../arguments.ts';
import { groupFor } from './group-for.ts';

export const dbCreate = apiCommand({
  name: 'db create',
  summary: 'Make a database. It can be queried when the command returns.',
  arguments: [DATABASE],
  flags: [
    { name: 'group', metavar: 'group', help: 'Group of the database. (default: the only one, or "default")' },
    { name: 'fromDb', metavar: 'database', help: 'Begin as a copy of this one.' },
    { name: 'sizeLimit', metavar: 'size', help: 'Largest size, such as 256mb.' },
  ],
  notes: 'To begin with a file: skerry db import <file>',
  async run(given) {
    const { api, argument, flag, organization } = given;
    const [source, sizeLimit] = [flag('fromDb'), flag('sizeLimit')];
    const body = {
      name: argument('database'),
      group: flag('group') ?? (await groupFor(given)),
      ...(source === undefined ? {} : { seed: { type: 'database', name: source } }),
      ...(sizeLimit === undefined ? {} : { size_limit: sizeLimit }),
    };
    return (await api.call(createDatabase, { params: { organizationSlug: await organization() }, body })).database;
  },
  show: ({ Name, Hostname }) =>
    `Made database ${Name} at http://${Hostname}\n\n` +
    `  skerry db shell ${Name}\n` +
    `  skerry db tokens create ${Name}\n`,
});
