/**
 * API tokens: random, opaque, and stored as a hash only. A hash without salt or stretching is right here, because 256
 * random bits cannot be guessed.
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;
/** Lets people, and scanners for leaked secrets, see what they have before them. */
const PREFIX = 'skerry_';

export function newApiToken(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** What an invitation carries; stored, like an API token, as a hash only. */
export function newInviteToken(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

export function hashApiToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The token of an Authorization header; undefined when there is none of the form "Bearer TOKEN". */
export function bearerToken(authorization: string | null | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}
