/**
 * Pages beside the Platform API: they answer HTML, so they are no operations of the contract.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';

import { factsOf, visitorOf } from '../http/facts.ts';
import type { Gate } from '../http/gate.ts';
import type { Caller } from '../http/request.ts';
import type { Parts } from '../parts.ts';
import { readCookie, refuseForeignCookie, sessionCookie } from '../sessions/cookie.ts';
import type { SignInMethods } from '../sessions/routes.ts';
import type { NewSession, SessionService } from '../sessions/service.ts';
import { askPage, callbackUrl, CLI_LOGIN_PATH, mintLoginToken, readCliRequest, tokenPage } from './cli-login.ts';
import { html, onward, pageResponse, STYLE } from './html.ts';
import type { Identities } from './identities.ts';
import { LINK_SCRIPT } from './link-script.ts';
import { OIDC_COOKIE, OIDC_PATHS, oidcCookie, type OidcSignIn } from './oidc.ts';

const FORM_MAX_BYTES = 16_384;
const FORM_LIMIT = {
  maxSize: FORM_MAX_BYTES,
  onError: (): never => {
    throw new SkerryError('body_too_large', { limitBytes: FORM_MAX_BYTES });
  },
};

export interface PageParts {
  readonly gate: Gate;
  readonly sessions: SessionService;
  readonly methods: SignInMethods;
  readonly oidc: OidcSignIn | undefined;
  readonly identities: Identities;
}

export function pageRoutes(app: Hono, parts: Parts, { gate, sessions, methods, oidc, identities }: PageParts): void {
  /** Who is signed in by a cookie; undefined when nobody is. */
  async function signedIn(context: Context): Promise<Caller | undefined> {
    const facts = factsOf(context);
    try {
      return await gate.authenticate({
        ...facts,
        // A token in a header has no business with a page.
        header: (name) => (name === 'authorization' ? undefined : facts.header(name)),
      });
    } catch (error) {
      if (error instanceof SkerryError && (error.code === 'token_missing' || error.code === 'session_invalid')) {
        return undefined;
      }
      throw error;
    }
  }

  function cookieOf(context: Context, session: NewSession): string {
    const { origin } = factsOf(context);
    return sessionCookie(session.secret, session.row.expires_at_ms - parts.now(), origin.startsWith('https:'));
  }

  for (const path of ['/', '/signup']) {
    app.get(path, async (context, next) => {
      if (context.req.query('redirect') === undefined) {
        return await next();
      }
      return context.redirect(`${CLI_LOGIN_PATH}${new URL(context.req.url).search}`);
    });
  }

  app.get(CLI_LOGIN_PATH, async (context) => {
    const caller = await signedIn(context);
    return pageResponse(askPage(readCliRequest(context.req.query()), caller?.username, { oidc: methods.oidc }));
  });

  app.post(CLI_LOGIN_PATH, bodyLimit(FORM_LIMIT), async (context) => {
    const facts = factsOf(context);
    refuseForeignCookie(facts);
    const form = await context.req.parseBody().catch((error: unknown) => {
      throw new SkerryError('invalid_request', { problem: 'the body is no form' }, { cause: error });
    });
    const field = (name: string) => (typeof form[name] === 'string' ? form[name] : '');
    const request = readCliRequest({ port: field('port'), state: field('state') });
    let caller = await signedIn(context);
    const headers: Record<string, string> = {};
    if (caller === undefined) {
      try {
        const visitor = visitorOf(context);
        const session =
          field('token') === ''
            ? await sessions.byPassword(field('username'), field('password'), visitor)
            : await sessions.byApiToken(field('token'), visitor);
        headers['set-cookie'] = cookieOf(context, session);
        caller = await gate.bySession(session.secret);
      } catch (error) {
        if (error instanceof SkerryError && error.status < 500) {
          return pageResponse(askPage(request, undefined, { error, oidc: methods.oidc }));
        }
        throw error;
      }
    }
    const token = await mintLoginToken(parts, { id: caller.userId, username: caller.username });
    return request.port === undefined
      ? pageResponse({ ...tokenPage(token), headers })
      : new Response(null, {
          status: 303,
          headers: {
            ...headers,
            location: callbackUrl(request.port, request.state, token),
            'cache-control': 'no-store',
          },
        });
  });

  app.get('/auth/link', () =>
    pageResponse({
      title: 'Choose a password',
      script: '/auth/link.js',
      content: html`<p role="alert" hidden></p>
        <form>
          <label>Username <input name="username" autocomplete="username" /></label>
          <label>Password <input name="password" type="password" autocomplete="new-password" minlength="10" /></label>
          <button>Go on</button>
        </form>`,
    }),
  );
  app.get('/auth/link.js', (context) => asset(context, 'text/javascript', LINK_SCRIPT));
  // The second is what the page loads that Turso's CLI shows after a login.
  for (const path of ['/auth/style.css', '/static/style.v2.css']) {
    app.get(path, (context) => asset(context, 'text/css', STYLE));
  }

  if (oidc !== undefined) {
    oidcRoutes(app, parts, oidc, identities, { sessions, signedIn, cookieOf });
  }
}

function oidcRoutes(
  app: Hono,
  { log }: Pick<Parts, 'log'>,
  oidc: OidcSignIn,
  identities: Identities,
  help: {
    readonly sessions: SessionService;
    readonly signedIn: (context: Context) => Promise<Caller | undefined>;
    readonly cookieOf: (context: Context, session: NewSession) => string;
  },
): void {
  const failed = (problem: string, error?: unknown): Response => {
    log.warn({ err: error }, `sign-in by OpenID Connect: ${problem}`);
    return pageResponse({ title: 'Not signed in', status: 400, content: html`<p role="alert">${problem}</p>` });
  };

  app.get(OIDC_PATHS.start, async (context) => {
    const { origin } = factsOf(context);
    const link = context.req.query('link') === undefined ? undefined : await help.signedIn(context);
    if (context.req.query('link') !== undefined && link === undefined) {
      return failed('Sign in first: an identity is added to the account that is signed in.');
    }
    try {
      const { url, cookie } = await oidc.start(origin, pathOf(context.req.query('return_to')), link?.userId ?? null);
      context.header('set-cookie', cookie);
      return context.redirect(url.href);
    } catch (error) {
      return failed('The sign-in server does not answer; try again later.', error);
    }
  });

  app.get(OIDC_PATHS.callback, async (context) => {
    const { origin } = factsOf(context);
    const key = readCookie(context.req.header('cookie'), OIDC_COOKIE) ?? '';
    try {
      const result = await oidc.finish(key, new URL(context.req.url).search);
      if (result === undefined) {
        return failed('The sign-in took too long, or was begun in another browser; begin again.');
      }
      const userId = await identities.userOf(result.identity, result.linkTo);
      const session = await help.sessions.begin({ userId, method: 'oidc' }, visitorOf(context));
      const answer = onward(result.returnTo, { 'set-cookie': help.cookieOf(context, session) });
      answer.headers.append('set-cookie', oidcCookie('', origin));
      return answer;
    } catch (error) {
      return failed(error instanceof SkerryError ? error.message : 'The sign-in server refused.', error);
    }
  });
}

/** Only a path of this server: nobody is led elsewhere. */
function pathOf(returnTo: string | undefined): string {
  const url = returnTo === undefined ? null : URL.parse(returnTo, 'http://here.invalid');
  return url?.host === 'here.invalid' && returnTo?.startsWith('/') === true ? `${url.pathname}${url.search}` : '/';
}

function asset(context: Context, type: string, text: string): Response {
  context.header('content-type', `${type}; charset=utf-8`);
  context.header('cache-control', 'public, max-age=300');
  context.header('x-content-type-options', 'nosniff');
  return context.body(text);
}
