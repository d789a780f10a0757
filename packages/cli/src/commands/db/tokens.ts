import { createDatabaseToken, invalidateDatabaseTokens } from '@skerry/contract/operations/database-tokens';

import { apiCommand, confirm, YES_FLAG } from '../api-command.ts';
import { DATABASE } from '../arguments.ts';
import { TOKEN_FLAGS, tokenQuery } from '../token-flags.ts';

export const dbTokensCreate = apiCommand({
  name: 'db tokens create',
  summary: 'Make a token for one database.',
  arguments: [DATABASE],
  flags: TOKEN_FLAGS,
  async run(given) {
    const params = { organizationSlug: await given.organization(), databaseName: given.argument('database') };
    return await given.api.call(createDatabaseToken, { params, query: tokenQuery(given) });
  },
  show: ({ jwt }) => `${jwt}\n`,
});

export const dbTokensInvalidate = apiCommand({
  name: 'db tokens invalidate',
  summary: 'End all tokens of a database at once; tokens of its group that exist now no longer open it either.',
  arguments: [DATABASE],
  flags: [YES_FLAG],
  async run(given) {
    const databaseName = given.argument('database');
    confirm(given, `This ends every token that opens ${databaseName}.`);
    await given.api.call(invalidateDatabaseTokens, {
      params: { organizationSlug: await given.organization(), databaseName },
    });
    return { database: databaseName };
  },
  show: ({ database }) => `All tokens of database ${database} have ended.\n`,
});
