/**
 * From a password to an API token: signs in, makes the token, and signs out again. The password is kept nowhere.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import { ApiClient, ApiError } from '@skerry/contract/client';
import { createApiToken } from '@skerry/contract/operations/api-tokens';
import { signIn, signOut } from '@skerry/contract/operations/sessions';

import type { Terminal } from '../command.ts';
import { UsageError } from '../errors.ts';
import { reasonOf } from './api.ts';
import { UnreachableError } from './errors.ts';

/**
 * @throws ApiError when the server refuses
 * @throws UnreachableError when there is no answer
 */
export async function tokenByPassword(url: string, username: string, password: string): Promise<string> {
  let cookie: string | undefined;
  const client = new ApiClient({
    url,
    token: () => undefined,
    async fetch(target, init) {
      const headers = new Headers(init.headers);
      headers.set('origin', url);
      if (cookie !== undefined) {
        headers.set('cookie', cookie);
      }
      const response = await fetch(target, { ...init, headers });
      cookie ??= response.headers.getSetCookie()[0]?.split(';')[0];
      return response;
    },
  });
  try {
    await client.call(signIn, { params: {}, body: { username, password } });
    const tokenName = `login-${randomBytes(6).toString('hex')}`;
    const { token } = await client.call(createApiToken, { params: { tokenName }, body: {} });
    await client.call(signOut, { params: {} });
    return token;
  } catch (error) {
    throw error instanceof ApiError ? error : new UnreachableError(url, reasonOf(error), error);
  }
}

/** What is typed is not shown; from a pipe it is the first line. */
export async function askPassword(terminal: Terminal): Promise<string> {
  const { input } = terminal;
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: unseen, terminal: input.isTTY === true });
  if (input.isTTY === true) {
    terminal.err('Password: ');
  }
  try {
    return await new Promise((resolve, reject) => {
      lines.once('line', resolve);
      const none = (): void => reject(new UsageError('No password was given.'));
      lines.once('SIGINT', none);
      lines.once('close', none);
    });
  } finally {
    lines.close();
    if (input.isTTY === true) {
      terminal.err('\n');
    }
  }
}
