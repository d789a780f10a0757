/**
 * Tokens with which the gateway itself comes to an sqld server. The client's own token is judged here and goes no
 * further, so a right that ended here ends at once on every server, and a server needs to know one key only.
 *
 * Claims are sqld's (its `auth/authorized.rs`): `p` names namespaces, and nothing that it does not name is allowed.
 *
 * @module
 */
import { createHash, type KeyObject } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';

import { LRUCache } from 'lru-cache';

import type { Rights } from '../relay/rights.ts';
import { signJwt } from './jwt.ts';
import { newSigningKey, pemOf, privateKeyOf, publicKeyOf, type StoredKey } from './signing-keys.ts';

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
    const attach = rights.attach.map((other) => other.databaseId).sort();
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

/**
 * The gateway's key, made at the first start: `gateway-key.json`, and its public half in the two forms that sqld
 * reads, `gateway-key.pem` for a file and `gateway-key.pub` for a variable. Who loses the private half makes another and gives the servers its public one.
 */
export async function relayKeyIn(folder: string): Promise<StoredKey> {
  const file = path.join(folder, 'gateway-key.json');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) {
    return JSON.parse(kept) as StoredKey;
  }
  const key = newSigningKey();
  // A stable name, so that a log line of either side can be matched to the key.
  const named = { ...key, id: createHash('sha256').update(key.publicKey).digest('hex').slice(0, 16) };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeDurably(path.join(folder, 'gateway-key.pem'), pemOf(publicKeyOf(named)), 0o644);
  // The form in which sqld reads a key from its environment.
  await writeDurably(path.join(folder, 'gateway-key.pub'), named.publicKey, 0o644);
  await writeDurably(file, JSON.stringify(named), 0o600);
  return named;
}

async function writeDurably(file: string, content: string, mode: number): Promise<void> {
  const handle = await open(file, 'w', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
