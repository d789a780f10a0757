/**
 * A real OpenID Connect server (`oidc-provider`) on a free port, and somebody who signs in there as a browser would.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Provider } from 'oidc-provider';

import type { OidcSettings } from '../../config.ts';

export interface OidcServer {
  readonly settings: OidcSettings;
  /** Signs in as `login` and consents. Answers the URL that the browser is sent back to. */
  signIn(authorizationUrl: string, login: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startOidcServer(redirectUri: string): Promise<OidcServer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'skerry', client_secret: 'a-secret-of-the-test', redirect_uris: [redirectUri] }],
    pkce: { required: () => true },
    claims: { profile: ['preferred_username'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    findAccount: (_, login) => ({
      accountId: login,
      claims: () => ({
        sub: login,
        preferred_username: login,
        email: `${login}@example.org`,
        email_verified: true,
      }),
    }),
  });
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  return {
    settings: { issuer, clientId: 'skerry', clientSecret: 'a-secret-of-the-test', name: 'Example' },
    signIn: async (url, login) => await visit(issuer, url, login),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Follows redirects and fills in the provider's own forms, until it is sent away from there. */
async function visit(issuer: string, start: string, login: string): Promise<string> {
  const jar = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | undefined;
  for (let step = 0; step < 20; step += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    const location = response.headers.get('location');
    form = undefined;
    if (location !== null) {
      url = new URL(location, url).href;
      if (!url.startsWith(issuer)) {
        return url;
      }
      continue;
    }
    const page = await response.text();
    const [, action] = /<form[^>]*action="([^"]+)"/.exec(page) ?? [];
    const [, prompt] = /name="prompt" value="(\w+)"/.exec(page) ?? [];
    if (action === undefined || prompt === undefined) {
      throw new Error(`the provider answered ${response.status}: ${page.slice(0, 500)}`);
    }
    url = new URL(action, url).href;
    form = new URLSearchParams(prompt === 'login' ? { prompt, login, password: 'any' } : { prompt });
  }
  throw new Error('the provider never came to an end');
}
