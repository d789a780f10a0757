/**
 * Errors of signing in and of accounts.
 *
 * @module
 */
import type { ErrorEntry } from './entry.ts';

export const PEOPLE_ERRORS = {
  session_invalid: {
    status: 401,
    message: 'the session is unknown, expired or ended',
    remedy: 'Sign in again.',
  },
  origin_refused: {
    status: 403,
    message: 'a request that a page of another origin makes may not use the session',
    remedy: 'Open the page at the address of this server; programs send an API token instead of the cookie.',
  },
  sign_in_failed: {
    status: 401,
    message: 'username, password or token is wrong',
    remedy: 'Try again, or ask the operator of the server for a one-time link ("user link").',
  },
  sign_in_too_often: {
    status: 429,
    message: 'too many attempts; try again in {seconds} seconds',
    remedy: 'Wait for the time that the Retry-After header tells.',
  },
  sign_up_closed: {
    status: 403,
    message: 'this server lets nobody make an account by themselves',
    remedy: 'Ask its operator for an account ("user add"), or an organization for an invite.',
  },
  password_too_weak: {
    status: 400,
    message: 'the password is too weak: {problem}',
    remedy: 'Choose a longer one; several words do.',
  },
  password_wrong: {
    status: 403,
    message: 'the current password is wrong',
    remedy: 'Give the current password, or sign in by a one-time link to set a new one.',
  },
  link_invalid: {
    status: 404,
    message: 'the link is unknown, used or expired',
    remedy: 'Ask the operator of the server for a new one ("user link").',
  },
  session_not_found: {
    status: 404,
    message: 'could not find session {session}',
    remedy: 'List your sessions.',
  },
  identity_taken: {
    status: 409,
    message: 'this identity belongs to another user already',
    remedy: 'Sign in with it, or sign in at the other server as somebody else.',
  },
  operator_only: {
    status: 403,
    message: 'only the operator of the server may do this',
    remedy: 'Use the account that the first start of the server made.',
  },
  account_operator: {
    status: 400,
    message: 'the operator of the server cannot be deleted',
    remedy: 'Delete other accounts.',
  },
  account_not_empty: {
    status: 400,
    message: 'user {username} still owns {databases} databases',
    remedy: 'Delete or transfer the databases of the organizations that the user owns.',
  },
} as const satisfies Record<string, ErrorEntry>;
