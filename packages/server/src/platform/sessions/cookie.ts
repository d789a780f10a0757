/**
 * The cookie of a session, and which requests it counts for.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import { SESSION_COOKIE } from '@skerry/contract/session-cookie';

/** What of a request decides whether its cookie counts. */
export interface RequestFacts {
  readonly method: string;
  /** `http://host:port` as the client sees it. */
  readonly origin: string;
  /** Value of a request header, by its name. */
  readonly header: (name: string) => string | undefined;
}

/** The session's secret, undefined when the request carries none. */
export function readSessionCookie(header: string | undefined): string | undefined {
  return readCookie(header, SESSION_COOKIE);
}

export function readCookie(header: string | undefined, wanted: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === wanted && value !== undefined && value !== '') {
      return value;
    }
  }
  return undefined;
}

/** @param secret undefined takes the cookie away */
export function sessionCookie(secret: string | undefined, maxAgeMs: number, isSecure: boolean): string {
  return [
    `${SESSION_COOKIE}=${secret ?? ''}`,
    `Max-Age=${secret === undefined ? 0 : Math.floor(maxAgeMs / 1000)}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    ...(isSecure ? ['Secure'] : []),
  ].join('; ');
}

/**
 * `SameSite=Strict` alone would let in the pages of every other port and name below the same site, where anybody's
 * program may answer. Browsers tell both headers truly, and pages cannot set them (Fetch standard, "forbidden request
 * header").
 *
 * @throws SkerryError origin_refused when a page of another origin makes the request
 */
export function refuseOtherOrigins(request: RequestFacts): void {
  const site = request.header('sec-fetch-site');
  const origin = request.header('origin');
  const isOurs =
    (origin === undefined || hostOf(origin) === hostOf(request.origin)) &&
    (site === undefined || site === 'same-origin' || (site === 'none' && isReading(request)));
  if (!isOurs) {
    throw new SkerryError('origin_refused');
  }
}

/**
 * Whether a session's cookie counts for the request. One that changes something has to tell where it comes from, as
 * every browser does; programs have API tokens.
 *
 * @throws SkerryError origin_refused
 */
export function refuseForeignCookie(request: RequestFacts): void {
  refuseOtherOrigins(request);
  const isTold = request.header('sec-fetch-site') !== undefined || request.header('origin') !== undefined;
  if (!isTold && !isReading(request)) {
    throw new SkerryError('origin_refused');
  }
}

function isReading({ method }: RequestFacts): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** The scheme is left out: behind a proxy that ends TLS the server knows another one than the browser. */
function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : origin;
}
