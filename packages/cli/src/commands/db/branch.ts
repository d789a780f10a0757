/**
 * A database made of another one, as it is (`db branch`) or as it was (`db restore`). Never in place: what is there stays.
 *
 * @module
 */
import { createDatabase, getRestoreWindow } from '@skerry/contract/operations/databases';

import { type Given, apiCommand } from '../api-command.ts';
import { DATABASE } from '../arguments.ts';

const NEW_NAME = { name: 'new-name', help: 'Name of the database that is made.' };
const GROUP_FLAG = {
  name: 'group',
  metavar: 'group',
  help: 'Group of the new database. (default: that of the source)',
};

async function copy({ api, argument, flag, organization }: Given, timestamp: string | undefined) {
  const group = flag('group');
  const body = {
    name: argument('new-name'),
    ...(group === undefined ? {} : { group }),
    seed: { type: 'database', name: argument('database'), ...(timestamp === undefined ? {} : { timestamp }) },
  };
  return (await api.call(createDatabase, { params: { organizationSlug: await organization() }, body })).database;
}

export const dbBranch = apiCommand({
  name: 'db branch',
  summary: 'Make a database that begins as a copy of another one, as it is now.',
  arguments: [DATABASE, NEW_NAME],
  flags: [GROUP_FLAG],
  run: async (given) => await copy(given, undefined),
  show: ({ Name, Hostname }) => `Made database ${Name} at http://${Hostname}\n`,
});

export const dbRestore = apiCommand({
  name: 'db restore',
  summary: 'Make a database that begins as another one was at a time, with exactly the commits up to then.',
  arguments: [DATABASE, { ...NEW_NAME, isOptional: true }],
  flags: [
    { name: 'at', metavar: 'time', help: 'RFC 3339: 2026-06-01T12:00:00Z. Without it, tells which times there are.' },
    GROUP_FLAG,
  ],
  async run(given) {
    const at = given.flag('at');
    if (at !== undefined) {
      return { database: await copy(given, at) };
    }
    const params = { organizationSlug: await given.organization(), databaseName: given.argument('database') };
    return await given.api.call(getRestoreWindow, { params });
  },
  show: (result) =>
    'database' in result
      ? `Made database ${result.database.Name} at http://${result.database.Hostname}\n`
      : `Any time from ${result.restore_window.earliest} to ${result.restore_window.latest}\n`,
});
