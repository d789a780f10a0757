/**
 * From a request's headers to what its bearer may do with a database.
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';

import { ERRORS } from '@skerry/contract/errors/catalogue';
import type { ErrorCode } from '@skerry/contract/errors/catalogue';

import type { TokenVerifier } from '../access/database-tokens.ts';
import type { DirectoryEntry } from '../platform/directory.ts';
import type { Rights } from '../relay/rights.ts';
import type { Refusal } from './answers.ts';
import { unauthorized } from './answers.ts';

/** The bearer's token; a refusal when the header is there in a form that is not ours; undefined without a header. */
export function bearerToken(headers: IncomingHttpHeaders): string | Refusal | undefined {
  // Some drivers of libSQL send the second form, for proxies that keep the first to themselves.
  const header = headers.authorization ?? headers['x-authorization'];
  if (header === undefined || Array.isArray(header)) {
    return undefined;
  }
  const space = header.indexOf(' ');
  if (space === -1) {
    return refused('AUTH_HEADER_MALFORMED');
  }
  const scheme = header.slice(0, space).toLowerCase();
  if (scheme === 'bearer') {
    return header.slice(space + 1).trim();
  }
  return refused(scheme === 'basic' ? 'AUTH_BASIC_NOT_ALLOWED' : 'AUTH_HTTP_HEADER_UNSUPPORTED_SCHEME');
}

/** Goes on at once, or when what `authorize` needs of an outside issuer has been asked for. */
export function whenPrepared(
  verifier: TokenVerifier,
  entry: DirectoryEntry,
  headers: IncomingHttpHeaders,
  goOn: () => void,
): void {
  const token = entry.keySetUrls.length === 0 ? undefined : bearerToken(headers);
  const waiting = typeof token === 'string' ? verifier.prepare(entry, token) : undefined;
  goOnAfter(waiting, goOn);
}

/** @param waiting never rejects */
export function goOnAfter(waiting: Promise<void> | undefined, goOn: () => void): void {
  if (waiting === undefined) {
    goOn();
  } else {
    void waiting.then(goOn);
  }
}

export function authorize(
  verifier: TokenVerifier,
  entry: DirectoryEntry,
  headers: IncomingHttpHeaders,
): Rights | Refusal {
  const token = bearerToken(headers);
  if (token === undefined) {
    return refused('AUTH_HEADER_NOT_FOUND');
  }
  if (typeof token !== 'string') {
    return token;
  }
  const verdict = verifier.verify(entry, token);
  return 'failure' in verdict ? unauthorized(verdict.failure, verdict.message) : verdict;
}

type AuthCode = Extract<ErrorCode, `AUTH_${string}`>;

function refused(code: AuthCode): Refusal {
  return unauthorized(code, ERRORS[code].message);
}
