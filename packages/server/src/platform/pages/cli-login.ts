/**
 * Lets Turso's CLI in. `turso auth login` opens the browser at `/` (`turso auth signup` at `/signup`) with a port on
 * which it listens and a `state`, and waits for the browser to come to `http://localhost:PORT/?jwt=TOKEN&state=STATE`;
 * `--headless` has no port, and the token is typed (turso-cli `internal/cmd/auth.go`).
 *
 * Nothing is given away by opening an address: a person has to press the button, on a page that nobody can frame.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

import type { SkerryError } from '@skerry/contract/errors/catalogue';

import { newApiToken } from '../../access/api-tokens.ts';
import { insertApiToken } from '../api-tokens/service.ts';
import { recordAudit } from '../audit/store.ts';
import { findPersonalOrganization } from '../organizations/store.ts';
import type { Parts } from '../parts.ts';
import { html, type Page } from './html.ts';

export const CLI_LOGIN_PATH = '/auth/cli';

/** As long as the hosted service's tokens of a login. */
const TOKEN_MS = 7 * 86_400_000;

/** What the CLI asks for, checked. */
export interface CliRequest {
  /** Undefined is a login whose token is typed. */
  readonly port: number | undefined;
  readonly state: string;
}

export function readCliRequest(given: { readonly port?: string; readonly state?: string }): CliRequest {
  const port = Number(given.port ?? '');
  const state = given.state ?? '';
  return {
    port: Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined,
    state: /^\w{0,128}$/.test(state) ? state : '',
  };
}

/** Where the CLI waits for the token. */
export function callbackUrl(port: number, state: string, token: string): string {
  return `http://localhost:${port}/?${new URLSearchParams({ jwt: token, state }).toString()}`;
}

/** @param username undefined: nobody is signed in */
export function askPage(
  request: CliRequest,
  username: string | undefined,
  extra: { readonly error?: SkerryError; readonly oidc?: { name: string; url: string } | null },
): Page {
  const { port, state } = request;
  const back = `${CLI_LOGIN_PATH}?${new URLSearchParams(port === undefined ? { state } : { port: String(port), state }).toString()}`;
  const fields =
    username === undefined
      ? html`<label>Username <input name="username" autocomplete="username" autofocus /></label>
          <label>Password <input name="password" type="password" autocomplete="current-password" /></label>
          <details>
            <summary>Use an API token instead</summary>
            <label>API token <input name="token" type="password" autocomplete="off" /></label>
          </details>`
      : html`<p>You are signed in as <strong>${username}</strong>.</p>`;
  const oidc = extra.oidc ?? null;
  const elsewhere =
    oidc === null || username !== undefined
      ? html``
      : html`<p><a href="${oidc.url}?return_to=${encodeURIComponent(back)}">Sign in with ${oidc.name}</a></p>`;
  const problem = extra.error === undefined ? html`` : html`<p role="alert">${extra.error.message}</p>`;
  return {
    title: 'Let the command line in',
    status: extra.error?.status ?? 200,
    ...(port === undefined ? {} : { formTarget: `http://localhost:${port}` }),
    content: html`<p>
        A program on ${port === undefined ? 'some machine' : 'this machine'} asks for an API token that may do
        everything you may, for a week. Go on only if you have just started it.
      </p>
      ${problem}
      <form method="post" action="${CLI_LOGIN_PATH}">
        <input type="hidden" name="port" value="${port === undefined ? '' : String(port)}" />
        <input type="hidden" name="state" value="${state}" />
        ${fields}
        <button>Allow</button>
      </form>
      ${elsewhere}`,
  };
}

/** For a login without a port: the token, to be copied. */
export function tokenPage(token: string): Page {
  return {
    title: 'Copy this to your terminal',
    content: html`<p><code>turso config set token "${token}"</code></p>
      <p>It is shown this once, and works for a week.</p>`,
  };
}

/** Makes the token of a login, and takes away those whose week is over. */
export async function mintLoginToken(
  { db, now }: Pick<Parts, 'db' | 'now'>,
  user: { readonly id: string; readonly username: string },
): Promise<string> {
  const token = newApiToken();
  const nowMs = now();
  await db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('api_tokens').where('expires_at_ms', '<=', nowMs).execute();
    const name = `turso-cli-${randomBytes(4).toString('hex')}`;
    const limits = { organizationId: null, groupId: null, scopes: null };
    await insertApiToken(transaction, { userId: user.id, name, token, limits, nowMs, expiresAtMs: nowMs + TOKEN_MS });
    const home = await findPersonalOrganization(transaction, user.id);
    if (home !== undefined) {
      await recordAudit(transaction, {
        organizationId: home.id,
        actor: { username: user.username, origin: 'web' },
        code: 'user-token-create',
        message: `API token ${name} created by a login`,
        data: { token: name },
        nowMs,
      });
    }
  });
  return token;
}
