/**
 * Tokens with which the gateway itself comes to an sqld server. The client's own token is judged here and goes no
 * further, so a right that ended here ends at once on every server, and a server needs to know one key only.
 *
 * Claims are sqld's (its `auth/authorized.rs`): `p` names namespaces, and nothing that it does not name is allowed.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import type { Rights } from '../relay/rights.ts';
import { signJwt } from './jwt.ts';
import { pemOf, privateKeyOf, publicKeyOf, type StoredKey } from './signing-keys.ts';

/** Longer than any clock is wrong. A token is made anew when half of its life is over. */
const LIFETIME_MS = 60 * 60 * 1000;
const TOKENS_MAX = 20_000;

export class RelayTokens {
  /** For `jwt_key` of a namespace, and for `--auth-jwt-key-file`. */
  readonly publicKeyPem: string;
  readonly #keyId: string;
  readonly #privateKey: KeyObject;
  readonly #now: () => number;
  readonly #tokens = new LRUCache<string, { readonly jwt: string; readonly renewAtMs: number }>({ max: TOKENS_MAX });

  constructor(key: StoredKey, now: () => number = Date.now) {
    this.#keyId = key.id;
    this.#privateKey = privateKeyOf(key);
    this.#now = now;
    this.publicKeyPem = pemOf(publicKeyOf(key));
  }

  /** For the gateway's own work. */
  fullTokenFor(databaseId: string): string {
    return this.#mint(databaseId, 'rw', []);
  }

  /** A token for what `rights` allow; undefined when sqld has no way to allow just that (`grants`). */
  tokenFor(databaseId: string, rights: Rights): string | undefined {
    if (rights.level === 'grants') {
      return undefined;
    }
    const attach = rights.attach.length === 0 ? [] : rights.attach.map((other) => other.databaseId).sort();
    return this.#mint(databaseId, rights.level === 'full' ? 'rw' : 'ro', attach);
  }

  #mint(databaseId: string, level: 'rw' | 'ro', attach: readonly string[]): string {
    const known = `${databaseId} ${level} ${attach.join(' ')}`;
    const nowMs = this.#now();
    const kept = this.#tokens.get(known);
    if (kept !== undefined && nowMs < kept.renewAtMs) {
      return kept.jwt;
    }
    const claims = {
      exp: Math.ceil((nowMs + LIFETIME_MS) / 1000),
      p: {
        [level]: { ns: [databaseId] },
        ...(attach.length === 0 ? {} : { roa: { ns: attach } }),
      },
    };
    const jwt = signJwt(claims, this.#keyId, this.#privateKey);
    this.#tokens.set(known, { jwt, renewAtMs: nowMs + LIFETIME_MS / 2 });
    return jwt;
  }
}
