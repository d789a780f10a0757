/**
 * Ed25519 key pairs that sign database tokens. At rest each half is its JWK coordinate: 43 characters of base64url.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';

export interface StoredKey {
  /** The `kid` in the header of the tokens. */
  readonly id: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

export function newSigningKey(): StoredKey {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (x === undefined || d === undefined) {
    throw new Error('an Ed25519 key without coordinates');
  }
  return { id: randomUUID(), publicKey: x, privateKey: d };
}

export function publicKeyOf(stored: Pick<StoredKey, 'publicKey'>): KeyObject {
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: stored.publicKey } });
}

/** For sqld, which reads keys in this form only. */
export function pemOf(publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'pem' });
}

export function privateKeyOf(stored: Pick<StoredKey, 'publicKey' | 'privateKey'>): KeyObject {
  return createPrivateKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'Ed25519', x: stored.publicKey, d: stored.privateKey },
  });
}
