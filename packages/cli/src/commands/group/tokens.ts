import { createGroupToken, invalidateGroupTokens } from '@skerry/contract/operations/database-tokens';

import { apiCommand, confirm, YES_FLAG } from '../api-command.ts';
import { GROUP } from '../arguments.ts';
import { TOKEN_FLAGS, tokenQuery } from '../token-flags.ts';

export const groupTokensCreate = apiCommand({
  name: 'group tokens create',
  summary: 'Make a token for every database of a group, also those made later.',
  arguments: [GROUP],
  flags: TOKEN_FLAGS,
  async run(given) {
    const params = { organizationSlug: await given.organization(), groupName: given.argument('group') };
    return await given.api.call(createGroupToken, { params, query: tokenQuery(given) });
  },
  show: ({ jwt }) => `${jwt}\n`,
});

export const groupTokensInvalidate = apiCommand({
  name: 'group tokens invalidate',
  summary: 'End all tokens of a group and of its databases at once.',
  arguments: [GROUP],
  flags: [YES_FLAG],
  async run(given) {
    const groupName = given.argument('group');
    confirm(given, `This ends every token of the group ${groupName} and of its databases.`);
    await given.api.call(invalidateGroupTokens, {
      params: { organizationSlug: await given.organization(), groupName },
    });
    return { group: groupName };
  },
  show: ({ group }) => `All tokens of group ${group} and of its databases have ended.\n`,
});
