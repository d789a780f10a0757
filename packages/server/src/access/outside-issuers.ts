/**
 * Tokens of outside issuers (Clerk, Auth0, any OpenID Connect server), checked with the keys that these show at an
 * address which an organization has saved. No other address is asked, whatever a token says.
 *
 * Keys are kept for ten minutes; a key that is not known is looked for at once, at most every half minute. So a new key
 * works at once, and one that the issuer has withdrawn no longer after ten minutes. While the address does not answer, no
 * token of that issuer is taken that is not known already.
 *
 * @module
 */
import { compactVerify, createRemoteJWKSet, decodeProtectedHeader, errors } from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';

const FETCH_TIMEOUT_MS = 5_000;
const COOLDOWN_MS = 30_000;
const KEPT_MS = 600_000;
const KEY_SETS_MAX = 1_000;
/** Public keys alone: a token that is "signed" with a text that everybody can read would be accepted otherwise. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** What was found out of a token's signature. */
export type OutsideVerdict =
  | { readonly kind: 'signed'; readonly keySetUrl: string; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'unavailable' };

export class OutsideIssuers {
  readonly #keys = new LRUCache<string, JWTVerifyGetKey>({ max: KEY_SETS_MAX });

  /** Asks one key set after the other. Never rejects. */
  async check(jwt: string, keySetUrls: readonly string[]): Promise<OutsideVerdict> {
    if (!isAcceptable(jwt)) {
      return { kind: 'invalid' };
    }
    let isUnavailable = false;
    for (const keySetUrl of keySetUrls) {
      try {
        const { payload } = await compactVerify(jwt, this.#keysAt(keySetUrl), { algorithms: ALGORITHMS });
        const claims: unknown = JSON.parse(Buffer.from(payload).toString());
        return typeof claims === 'object' && claims !== null
          ? { kind: 'signed', keySetUrl, claims: claims as Record<string, unknown> }
          : { kind: 'invalid' };
      } catch (error) {
        isUnavailable ||= !isRefusal(error);
      }
    }
    return { kind: isUnavailable ? 'unavailable' : 'invalid' };
  }

  #keysAt(keySetUrl: string): JWTVerifyGetKey {
    let keys = this.#keys.get(keySetUrl);
    if (keys === undefined) {
      keys = createRemoteJWKSet(new URL(keySetUrl), {
        timeoutDuration: FETCH_TIMEOUT_MS,
        cooldownDuration: COOLDOWN_MS,
        cacheMaxAge: KEPT_MS,
      });
      this.#keys.set(keySetUrl, keys);
    }
    return keys;
  }
}

/** Spares the issuer a question about what cannot be its token. */
function isAcceptable(jwt: string): boolean {
  try {
    const { alg, crit } = decodeProtectedHeader(jwt);
    return alg !== undefined && ALGORITHMS.includes(alg) && crit === undefined;
  } catch {
    return false;
  }
}

/** The keys were there, and say no. Everything else is about fetching them. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWSInvalid ||
    error instanceof SyntaxError
  );
}
