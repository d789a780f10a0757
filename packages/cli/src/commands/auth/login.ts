import { getCurrentUser } from '@skerry/contract/operations/users';

import { Api } from '../../api/api.ts';
import { tokenByBrowser } from '../../api/browser-login.ts';
import { type Connection, findConnection, findUrl, forgetLogin, keepLogin, loginPath } from '../../api/connection.ts';
import { askPassword, tokenByPassword } from '../../api/password-login.ts';
import type { Command, Terminal } from '../../command.ts';
import { EXIT_CODES, UsageError } from '../../errors.ts';
import { CLIENT_FLAGS } from '../../options/client.ts';
import type { GivenFlags } from '../../options/resolve.ts';

export const authLogin: Command = {
  name: 'auth login',
  summary: 'Keep address, token and organization for later commands.',
  arguments: [],
  flags: [
    {
      name: 'user',
      metavar: 'username',
      help: 'Sign in with the password of this user, which is asked for or piped in.',
    },
    { name: 'browser', help: 'Sign in on a page of the server, which is opened in your browser. Lasts a week.' },
    ...CLIENT_FLAGS,
  ],
  notes: [
    'Examples: skerry auth login --url https://skerry.example.com --token-file ./api-token',
    '          skerry auth login --url https://skerry.example.com --user ada',
    '          skerry auth login --url https://skerry.example.com --browser',
  ].join('\n'),
  async run({ flags }, terminal) {
    const { environment } = terminal;
    const connection = await connect(flags, terminal);
    const { user } = await new Api(connection).call(getCurrentUser, { params: {} });
    const { url, token, organization } = connection;
    await keepLogin(environment, { url, token, ...(organization === undefined ? {} : { organization }) });
    const result = { username: user.username, url, file: loginPath(environment) };
    terminal.out(
      flags['json'] === true
        ? `${JSON.stringify(result, undefined, 2)}\n`
        : `You are ${result.username} at ${url}; kept in ${result.file}\n`,
    );
    return EXIT_CODES.ok;
  },
};

async function connect(flags: GivenFlags, terminal: Terminal): Promise<Connection> {
  const { user, browser, org } = flags;
  if (typeof user !== 'string' && browser !== true) {
    return await findConnection(flags, terminal.environment);
  }
  if (typeof user === 'string' && browser === true) {
    throw new UsageError('--user and --browser are two ways: choose one.');
  }
  const url = await findUrl(flags, terminal.environment);
  const organization = typeof org === 'string' ? org : undefined;
  if (typeof user === 'string') {
    const token = await tokenByPassword(url, user, await askPassword(terminal));
    return { url, token, tokenSource: 'the password', organization };
  }
  return { url, token: await tokenByBrowser(url, terminal), tokenSource: 'the browser', organization };
}

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
