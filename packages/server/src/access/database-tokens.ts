/**
 * Judges the tokens that clients bring to a database's address.
 *
 * @module
 */
import type { ErrorCode } from '@skerry/contract/errors/catalogue';

import type { DirectoryEntry } from '../platform/directory.ts';
import type { Rights } from '../relay/rights.ts';

export interface AuthFailure {
  /** An `AUTH_…` code, or `NAMESPACE_NOT_FOUND` when the token is sound but says nothing of this database (404). */
  readonly failure: ErrorCode;
  readonly message: string;
}

export interface TokenVerifier {
  /** Synchronous. Never throws. `'failure' in result` tells the two apart. */
  verify(entry: DirectoryEntry, jwt: string): Rights | AuthFailure;
}

export function createTokenVerifier(_options?: { readonly now?: () => number }): TokenVerifier {
  throw new Error('not composed yet');
}
