import { createApiToken, listApiTokens, revokeApiToken } from '@skerry/contract/operations/api-tokens';

import { table } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';

const NAME = { name: 'name', help: 'Name of the token.' };

export const authApiTokensList = apiCommand({
  name: 'auth api-tokens list',
  summary: 'Your API tokens.',
  run: async ({ api }) => (await api.call(listApiTokens, { params: {} })).tokens,
  show: (tokens) =>
    table(
      ['NAME', 'ORGANIZATION', 'GROUP', 'SCOPES', 'MADE'],
      tokens.map(({ name, organization, group, scopes, created_at: made }) => [
        name,
        organization ?? 'all',
        group ?? 'all',
        scopes?.join(' ') ?? 'all',
        made,
      ]),
      'You have no API tokens.',
    ),
});

export const authApiTokensMint = apiCommand({
  name: 'auth api-tokens mint',
  summary: 'Make an API token; it is shown this once.',
  arguments: [NAME],
  flags: [
    { name: 'organization', metavar: 'slug', help: 'The token is for this organization only.' },
    { name: 'group', metavar: 'group', help: 'The token is for this group only; needs --organization and --scope.' },
    { name: 'scope', metavar: 'scope', help: 'What the token may do, such as db:create; several parted by commas.' },
  ],
  async run({ api, argument, flag }) {
    const [organization, group, scopes] = [flag('organization'), flag('group'), flag('scope')?.split(',')];
    return await api.call(createApiToken, {
      params: { tokenName: argument('name') },
      body: { organization, group, scopes },
    });
  },
  show: ({ token }) => `${token}\n`,
});

export const authApiTokensRevoke = apiCommand({
  name: 'auth api-tokens revoke',
  summary: 'End one of your API tokens at once.',
  arguments: [NAME],
  run: async ({ api, argument }) => await api.call(revokeApiToken, { params: { tokenName: argument('name') } }),
  show: ({ token }) => `Revoked ${token}.\n`,
});
