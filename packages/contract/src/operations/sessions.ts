/**
 * Signing in, for people with a browser. A session is a cookie (`HttpOnly`, `SameSite=Strict`), which counts wherever an
 * unrestricted API token does, but only for requests of pages of the server's own origin: one that comes from another
 * site is refused, whatever it asks for.
 *
 * @module
 */
import { z } from 'zod';

import { CALLER, PUBLIC, UNRESTRICTED_CALLER } from './authority.ts';
import { NOTHING, operation } from './operation.ts';
import { User } from './users.ts';

export const Session = z
  .object({
    id: z.string(),
    method: z.enum(['password', 'token', 'link', 'oidc']).describe('How it was signed in.'),
    user_agent: z.string(),
    address: z.string().describe('From which it was signed in; empty when unknown.'),
    created_at: z.string(),
    last_seen_at: z.string().describe('To a minute.'),
    expires_at: z.string(),
    current: z.boolean().describe('It is the one of this request.'),
  })
  .meta({ id: 'Session' });

export const signedIn = z.object({ user: User, session: Session });

const tag = 'Sign-in';
const Password = z.string().describe('At least 10 characters.');

export const getSignInMethods = operation({
  id: 'getSignInMethods',
  tag,
  summary: 'How people can sign in here.',
  method: 'GET',
  path: '/v1/auth/methods',
  authority: PUBLIC,
  response: z.object({
    password: z.boolean(),
    sign_up: z.boolean().describe('Anybody may make an account.'),
    oidc: z
      .object({ name: z.string(), url: z.string().describe('Path to send the browser to; `return_to` is a path.') })
      .nullable()
      .describe('Sign-in at another server by OpenID Connect.'),
  }),
});

export const signIn = operation({
  id: 'signIn',
  tag,
  summary: 'Sign in with username and password, or with an unrestricted API token; the answer sets the cookie.',
  method: 'POST',
  path: '/v1/auth/sign-in',
  authority: PUBLIC,
  body: z.object({ username: z.string().optional(), password: z.string().optional(), token: z.string().optional() }),
  response: signedIn,
  errors: ['sign_in_failed', 'sign_in_too_often', 'token_restricted', 'origin_refused'],
});

export const signUp = operation({
  id: 'signUp',
  tag,
  summary: 'Make an account, where the server lets anybody; the answer sets the cookie.',
  method: 'POST',
  path: '/v1/auth/sign-up',
  authority: PUBLIC,
  body: z.object({ username: z.string(), password: Password, email: z.string().optional() }),
  response: signedIn,
  errors: [
    'sign_up_closed',
    'username_invalid',
    'username_taken',
    'password_too_weak',
    'sign_in_too_often',
    'origin_refused',
  ],
});

/** The code is in the body, because paths end up in logs; links carry it after `#`, which no browser sends. */
export const signInByLink = operation({
  id: 'signInByLink',
  tag,
  summary: 'Set a password with the code of a one-time link, and sign in; the answer sets the cookie.',
  method: 'POST',
  path: '/v1/auth/link',
  authority: PUBLIC,
  body: z.object({ code: z.string(), password: Password }),
  response: signedIn,
  errors: ['link_invalid', 'password_too_weak', 'sign_in_too_often', 'origin_refused'],
});

export const signOut = operation({
  id: 'signOut',
  tag,
  summary: 'End the session of this request.',
  method: 'POST',
  path: '/v1/auth/sign-out',
  authority: CALLER,
  response: NOTHING,
});

export const getSession = operation({
  id: 'getSession',
  tag,
  summary: 'Who is signed in; `session` is null for a request with an API token.',
  method: 'GET',
  path: '/v1/auth/session',
  authority: CALLER,
  response: z.object({ user: User, session: Session.nullable() }),
});

export const listSessions = operation({
  id: 'listSessions',
  tag,
  summary: 'Your sessions, the newest first.',
  method: 'GET',
  path: '/v1/auth/sessions',
  authority: UNRESTRICTED_CALLER,
  response: z.object({ sessions: z.array(Session) }),
});

export const endSession = operation({
  id: 'endSession',
  tag,
  summary: 'End one of your sessions at once.',
  method: 'DELETE',
  path: '/v1/auth/sessions/{sessionId}',
  authority: UNRESTRICTED_CALLER,
  response: z.object({ session: z.string() }),
  errors: ['session_not_found'],
});

export const setPassword = operation({
  id: 'setPassword',
  tag,
  summary: 'Set your password; ends all your sessions but that of this request.',
  method: 'POST',
  path: '/v1/auth/password',
  authority: UNRESTRICTED_CALLER,
  body: z.object({
    current_password: z.string().optional().describe('Needed once you have one.'),
    new_password: Password,
  }),
  response: NOTHING,
  errors: ['password_wrong', 'password_too_weak', 'sign_in_too_often'],
});
