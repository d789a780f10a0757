/**
 * What a suite is run against: one database's address and a token with full access to it. A suite knows nothing else, so
 * that it can be run against any server that speaks Hrana.
 *
 * @module
 */
export interface Target {
  /** With a slash at the end, so that a path in it survives `new URL('v2/pipeline', url)` in the clients. */
  readonly url: string;
  /** Undefined for a server that asks for none. */
  readonly token: string | undefined;
}

/** Suites are described before there is a server, so they get a function that knows it later. */
export type GetTarget = () => Target;

export function webSocketUrl({ url }: Target): string {
  return url.replace(/^http/, 'ws');
}
