/**
 * JSON Web Tokens, as much of them as database tokens need: compact form, Ed25519 only ("EdDSA", RFC 8037). Synchronous,
 * because a token is judged on the path of every query; that is why this is `node:crypto` and not a library.
 *
 * @module
 */
import { type KeyObject, sign, verify } from 'node:crypto';

export interface ParsedJwt {
  readonly keyId: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The text that was signed. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** A token with these claims; `kid` names the key. */
export function signJwt(claims: Readonly<Record<string, unknown>>, keyId: string, privateKey: KeyObject): string {
  const signed = `${encode({ alg: 'EdDSA', typ: 'JWT', kid: keyId })}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** The parts of a token whose signature is still to be checked; undefined when it is not an EdDSA token at all. */
export function parseJwt(jwt: string): ParsedJwt | undefined {
  const [header, payload, signature, ...more] = jwt.split('.');
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) {
    return undefined;
  }
  const head = decode(header);
  const claims = decode(payload);
  // "crit" names extensions that a reader must understand, and this one understands none.
  if (head === undefined || claims === undefined || head['alg'] !== 'EdDSA' || 'crit' in head) {
    return undefined;
  }
  const keyId = head['kid'];
  if (keyId !== undefined && typeof keyId !== 'string') {
    return undefined;
  }
  return { keyId, claims, signed: `${header}.${payload}`, signature: Buffer.from(signature, 'base64url') };
}

export function isSignedBy(jwt: ParsedJwt, publicKey: KeyObject): boolean {
  return verify(null, Buffer.from(jwt.signed), publicKey, jwt.signature);
}

/** Whether a text has the form of a JWT of any algorithm. */
export function looksLikeJwt(text: string): boolean {
  const [header, ...rest] = text.split('.');
  return rest.length === 2 && decode(header ?? '')?.['alg'] !== undefined;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
