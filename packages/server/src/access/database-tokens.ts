/**
 * Makes database and group tokens, and judges those that clients bring to a database's address.
 *
 * A token lives only in its bearer's hands: nothing of it is stored. It ends when it expires or when the key that
 * signed it is replaced, which is why every database and every group has a key of its own.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto';

import { type ErrorCode, ERRORS } from '@skerry/contract/errors/catalogue';
import { LRUCache } from 'lru-cache';

import type { DirectoryEntry, TokenKey } from '../platform/directory.ts';
import type { Rights } from '../relay/rights.ts';
import { claimsOf, readClaims, readOutsideClaims, rightsOf, type TokenClaims, type TokenScope } from './claims.ts';
import { isSignedBy, parseJwt, signJwt } from './jwt.ts';
import { OutsideIssuers } from './outside-issuers.ts';

export interface AuthFailure {
  /** An `AUTH_…` code, or `NAMESPACE_NOT_FOUND` when the token is sound but says nothing of this database (404). */
  readonly failure: ErrorCode;
  readonly message: string;
}

export interface TokenVerifier {
  /**
   * To be awaited before `verify`, when it is not undefined: the token may be an outside issuer's, whose keys may have to
   * be fetched. Never rejects.
   */
  prepare(entry: DirectoryEntry, jwt: string): Promise<void> | undefined;
  /** Synchronous. Never throws. `'failure' in result` tells the two apart. */
  verify(entry: DirectoryEntry, jwt: string): Rights | AuthFailure;
}

export interface NewToken {
  readonly scope: TokenScope;
  /** Unix time in milliseconds. */
  readonly issuedAtMs: number;
  /** From then on it is refused; null is never. A token's time has whole seconds, so this is rounded up. */
  readonly expiresAtMs: number | null;
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

export function mintToken(token: NewToken): string {
  const claims: TokenClaims = {
    ...claimsOf(token.scope),
    // The fraction decides whether a token was made before or after a rotation in the same second.
    iat: token.issuedAtMs / 1000,
    ...(token.expiresAtMs === null ? {} : { exp: Math.ceil(token.expiresAtMs / 1000) }),
  };
  return signJwt(claims, token.keyId, token.privateKey);
}

/** Signatures are checked once; verified tokens of these many characters in all are remembered, some 20,000. */
const VERIFIED_MAX_CHARACTERS = 8_000_000;

/** How long an outside issuer's key, once found good for a token, is not asked for again. */
const OUTSIDE_MS = 60_000;

interface Verified {
  /** Our own key that signed it. */
  readonly keyId: string | undefined;
  /** The key set of the outside issuer that signed it. */
  readonly keySetUrl?: string;
  /** Of such a token: to be looked at again from then on. */
  readonly goodUntilMs?: number;
  readonly claims: TokenClaims;
  /** The last answer, and the entry that it was given for; another entry, or a new state of it, is another object. */
  answer: { readonly entry: DirectoryEntry; readonly rights: Rights | AuthFailure } | undefined;
}

export function createTokenVerifier(options: { readonly now?: () => number } = {}): TokenVerifier {
  const now = options.now ?? Date.now;
  const issuers = new OutsideIssuers();
  const verified = new LRUCache<string, Verified>({
    maxSize: VERIFIED_MAX_CHARACTERS,
    sizeCalculation: (_, jwt) => jwt.length,
  });
  /** The issuers' keys could not be fetched for these tokens just now. */
  const unavailable = new LRUCache<string, true>({ max: 1_000, ttl: 1_000 });

  const ask = async (entry: DirectoryEntry, jwt: string): Promise<void> => {
    const verdict = await issuers.check(jwt, entry.keySetUrls);
    const claims = verdict.kind === 'signed' ? readOutsideClaims(verdict.claims) : undefined;
    if (verdict.kind === 'signed' && claims !== undefined) {
      const { keySetUrl } = verdict;
      verified.set(jwt, { keyId: undefined, keySetUrl, goodUntilMs: now() + OUTSIDE_MS, claims, answer: undefined });
    } else if (verdict.kind === 'unavailable') {
      unavailable.set(jwt, true);
    } else {
      verified.delete(jwt);
    }
  };

  return {
    prepare(entry, jwt) {
      const known = verified.get(jwt);
      const isGood =
        known !== undefined &&
        (known.keySetUrl === undefined ||
          (entry.keySetUrls.includes(known.keySetUrl) && now() < (known.goodUntilMs ?? 0)));
      if (isGood || entry.keySetUrls.length === 0 || checkSignature(entry, jwt) !== undefined) {
        return undefined;
      }
      return ask(entry, jwt);
    },
    verify(entry, jwt) {
      let known = verified.get(jwt);
      if (known === undefined) {
        known = checkSignature(entry, jwt);
        if (known === undefined) {
          return failure(unavailable.has(jwt) ? 'AUTH_KEYS_UNAVAILABLE' : 'AUTH_JWT_INVALID');
        }
        verified.set(jwt, known);
      }
      if (known.answer?.entry !== entry) {
        known.answer = { entry, rights: judge(entry, known) };
      }
      return inTime(known, now()) ?? known.answer.rights;
    },
  };
}

function checkSignature(entry: DirectoryEntry, jwt: string): Verified | undefined {
  const parsed = parseJwt(jwt);
  if (parsed === undefined) {
    return undefined;
  }
  const key = keysOf(entry).find(
    ({ id, publicKey }) => (parsed.keyId === undefined || parsed.keyId === id) && isSignedBy(parsed, publicKey),
  );
  const claims = key === undefined ? undefined : readClaims(parsed.claims);
  return key === undefined || claims === undefined ? undefined : { keyId: key.id, claims, answer: undefined };
}

function keysOf(entry: DirectoryEntry): readonly TokenKey[] {
  return [entry.databaseKey, entry.groupKey];
}

/** What the token means for this state of the database, apart from the time of day. */
function judge(entry: DirectoryEntry, { keyId, keySetUrl, claims }: Verified): Rights | AuthFailure {
  const isTrusted =
    keySetUrl === undefined
      ? keyId === entry.databaseKey.id || keyId === entry.groupKey.id
      : entry.keySetUrls.includes(keySetUrl);
  if (!isTrusted) {
    return failure('AUTH_JWT_INVALID');
  }
  if (keyId === entry.groupKey.id && entry.groupTokensRefusedUntilMs > 0) {
    const issuedAtMs = Math.round((claims.iat ?? 0) * 1000);
    if (issuedAtMs <= entry.groupTokensRefusedUntilMs) {
      return failure('AUTH_JWT_INVALID');
    }
  }
  return (
    rightsOf(claims, entry) ?? {
      failure: 'NAMESPACE_NOT_FOUND',
      message: ERRORS.NAMESPACE_NOT_FOUND.message.replace('{namespace}', entry.databaseName),
    }
  );
}

function inTime({ claims }: Verified, nowMs: number): AuthFailure | undefined {
  if (claims.exp !== undefined && nowMs >= claims.exp * 1000) {
    return failure('AUTH_JWT_EXPIRED');
  }
  return claims.nbf !== undefined && nowMs < claims.nbf * 1000 ? failure('AUTH_JWT_IMMATURE') : undefined;
}

function failure(
  code: 'AUTH_JWT_INVALID' | 'AUTH_JWT_EXPIRED' | 'AUTH_JWT_IMMATURE' | 'AUTH_KEYS_UNAVAILABLE',
): AuthFailure {
  return { failure: code, message: ERRORS[code].message };
}
