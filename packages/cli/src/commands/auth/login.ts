import { getCurrentUser } from '@skerry/contract/operations/users';

import { forgetLogin, keepLogin, loginPath } from '../../api/connection.ts';
import type { Command } from '../../command.ts';
import { EXIT_CODES } from '../../errors.ts';
import { apiCommand } from '../api-command.ts';

export const authLogin = apiCommand({
  name: 'auth login',
  summary: 'Keep address, token and organization for later commands.',
  notes: 'Example: skerry auth login --url https://skerry.example.com --token-file ./api-token',
  async run({ api, terminal }) {
    const { user } = await api.call(getCurrentUser, { params: {} });
    const { url, token, organization } = api.connection;
    await keepLogin(terminal.environment, { url, token, ...(organization === undefined ? {} : { organization }) });
    return { username: user.username, url, file: loginPath(terminal.environment) };
  },
  show: ({ username, url, file }) => `You are ${username} at ${url}; kept in ${file}\n`,
});

export const authLogout: Command = {
  name: 'auth logout',
  summary: 'Forget what "auth login" kept. The token itself stays valid.',
  arguments: [],
  flags: [],
  notes: '',
  async run(_, terminal) {
    await forgetLogin(terminal.environment);
    terminal.out(`Removed ${loginPath(terminal.environment)}\n`);
    return EXIT_CODES.ok;
  },
};
