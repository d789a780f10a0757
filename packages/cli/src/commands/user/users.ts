import { createAccount, createAccountLink, deleteAccount, listAccounts } from '@skerry/contract/operations/accounts';

import { table } from '../../output/table.ts';
import { apiCommand, confirm, YES_FLAG } from '../api-command.ts';

const USERNAME = { name: 'username', help: 'Lowercase letters, digits and single dashes.' };

interface Link {
  readonly username: string;
  readonly link: string;
  readonly expires_at: string;
}

/** The code stands behind `#`, which browsers send to nobody. */
function linkOf(url: string, username: string, given: { readonly code: string; readonly expires_at: string }): Link {
  return { username, link: `${url}/auth/link#code=${given.code}`, expires_at: given.expires_at };
}

function showLink({ username, link, expires_at: until }: Link): string {
  return `Give ${username} this link, which works once, until ${until}:\n  ${link}\n`;
}

export const userList = apiCommand({
  name: 'user list',
  summary: 'Everybody who has an account on the server. For its operator.',
  run: async ({ api }) => (await api.call(listAccounts, { params: {} })).accounts,
  show: (accounts) =>
    table(
      ['USERNAME', 'EMAIL', 'PASSWORD', 'OPERATOR', 'MADE'],
      accounts.map(({ username, email, operator, has_password: hasPassword, created_at: made }) => [
        username,
        email,
        hasPassword ? 'yes' : 'no',
        operator ? 'yes' : 'no',
        made.slice(0, 10),
      ]),
      'There are no accounts.',
    ),
});

export const userAdd = apiCommand({
  name: 'user add',
  summary: 'Make an account; answers a link by which its owner sets the password.',
  arguments: [USERNAME],
  flags: [{ name: 'email', metavar: 'address', help: 'E-mail address, to be shown.' }],
  async run({ api, argument, flag }) {
    const body = { username: argument('username'), email: flag('email') };
    const made = await api.call(createAccount, { params: {}, body });
    return linkOf(api.connection.url, made.account.username, made);
  },
  show: showLink,
});

export const userLink = apiCommand({
  name: 'user link',
  summary: 'A new link for somebody who forgot the password. Earlier ones end.',
  arguments: [USERNAME],
  async run({ api, argument }) {
    const username = argument('username');
    return linkOf(api.connection.url, username, await api.call(createAccountLink, { params: { username } }));
  },
  show: showLink,
});

export const userRemove = apiCommand({
  name: 'user remove',
  summary: 'Delete an account that owns no databases; its sessions and tokens end at once.',
  arguments: [USERNAME],
  flags: [YES_FLAG],
  async run(given) {
    const username = given.argument('username');
    confirm(given, `This deletes the account ${username}.`);
    return await given.api.call(deleteAccount, { params: { username } });
  },
  show: ({ account }) => `Deleted ${account}.\n`,
});
