import { getCurrentUser } from '@skerry/contract/operations/users';

import { apiCommand } from '../api-command.ts';

export const authWhoami = apiCommand({
  name: 'auth whoami',
  summary: 'Who you are, and where.',
  async run({ api }) {
    const { user } = await api.call(getCurrentUser, { params: {} });
    return { ...user, url: api.connection.url, tokenSource: api.connection.tokenSource };
  },
  show: ({ username, url, tokenSource }) => `${username} at ${url}, by the token of ${tokenSource}\n`,
});
