/**
 * Sign-in at an OpenID Connect server, found by discovery: authorization code with PKCE, `state` and `nonce`. The browser
 * that comes back has to be the one that was sent: what the answer is checked against is in its cookie, sealed.
 *
 * @module
 */
import * as client from 'openid-client';
import { z } from 'zod';

import type { OidcSettings } from '../../config.ts';
import type { SealedCookie } from './sealed-cookie.ts';

export const OIDC_PATHS = { start: '/auth/oidc/start', callback: '/auth/oidc/callback' } as const;
export const OIDC_COOKIE = 'skerry_oidc';

const WAIT_MS = 10 * 60_000;
/** With it a cookie is still one that browsers keep, which is 4 KB. */
const RETURN_TO_MAX = 1_000;

const Waiting = z.object({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  redirectUri: z.string(),
  /** A path of this server. */
  returnTo: z.string(),
  /** Set: the identity is to be added to this user. */
  linkTo: z.string().nullable(),
});
type Waiting = z.infer<typeof Waiting>;

/** Who somebody is at the other server. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  /** As they are called there; not checked by anybody here. */
  readonly name: string;
  /** Empty unless the other server says that it has verified it. */
  readonly email: string;
}

export class OidcSignIn {
  readonly #settings: OidcSettings;
  readonly #cookies: SealedCookie;
  #configuration: Promise<client.Configuration> | undefined;

  constructor(settings: OidcSettings, cookies: SealedCookie) {
    this.#settings = settings;
    this.#cookies = cookies;
  }

  /** @returns where to send the browser, and the cookie that it must bring back. Rejects when the server is away. */
  async start(origin: string, returnTo: string, linkTo: string | null): Promise<{ url: URL; cookie: string }> {
    const configuration = await this.#discover();
    const waiting: Waiting = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      codeVerifier: client.randomPKCECodeVerifier(),
      redirectUri: `${origin}${OIDC_PATHS.callback}`,
      returnTo: returnTo.length > RETURN_TO_MAX ? '/' : returnTo,
      linkTo,
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: waiting.redirectUri,
      scope: 'openid profile email',
      code_challenge: await client.calculatePKCECodeChallenge(waiting.codeVerifier),
      code_challenge_method: 'S256',
      state: waiting.state,
      nonce: waiting.nonce,
    });
    return { url, cookie: oidcCookie(await this.#cookies.seal(waiting, WAIT_MS), origin) };
  }

  /**
   * @param cookie its value
   * @param search of the URL that the browser came back to
   * @returns undefined when nobody was sent with that cookie; rejects when the answer is refused or not sound
   */
  async finish(
    cookie: string,
    search: string,
  ): Promise<{ identity: Identity; returnTo: string; linkTo: string | null } | undefined> {
    const waiting = Waiting.safeParse(await this.#cookies.open(cookie)).data;
    if (waiting === undefined) {
      return undefined;
    }
    const tokens = await client.authorizationCodeGrant(
      await this.#discover(),
      new URL(`${waiting.redirectUri}${search}`),
      {
        pkceCodeVerifier: waiting.codeVerifier,
        expectedState: waiting.state,
        expectedNonce: waiting.nonce,
        idTokenExpected: true,
      },
    );
    const claims = tokens.claims();
    if (claims === undefined) {
      throw new Error('the answer has no ID token');
    }
    const email = claims['email_verified'] === true ? text(claims['email']) : '';
    const name = text(claims['preferred_username']) || text(claims['nickname']) || (email.split('@')[0] ?? '');
    const { returnTo, linkTo } = waiting;
    return { identity: { issuer: claims.iss, subject: claims.sub, name, email }, returnTo, linkTo };
  }

  async #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const url = new URL(issuer);
    this.#configuration ??= client.discovery(url, clientId, clientSecret, undefined, {
      timeout: 10,
      // A server on this machine is reached without a network on which anybody could listen.
      execute: ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname) ? [client.allowInsecureRequests] : [],
    });
    try {
      return await this.#configuration;
    } catch (error) {
      // Asked again next time.
      this.#configuration = undefined;
      throw error;
    }
  }
}

/** Lax, because the browser comes back from another site. An empty value takes it away. */
export function oidcCookie(value: string, origin: string): string {
  const secure = origin.startsWith('https:') ? '; Secure' : '';
  const maxAge = value === '' ? 0 : WAIT_MS / 1000;
  return `${OIDC_COOKIE}=${value}; Max-Age=${maxAge}; Path=${OIDC_PATHS.callback}; HttpOnly; SameSite=Lax${secure}`;
}

function text(claim: unknown): string {
  return typeof claim === 'string' ? claim : '';
}
