/**
 * What a request tells of who makes it, besides its token.
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';

import type { Context } from 'hono';

import type { RequestFacts } from '../sessions/cookie.ts';
import type { Visitor } from '../sessions/service.ts';

/** Where the request comes from, behind a proxy as that tells it. */
export function factsOf(context: Context): RequestFacts {
  const header = (name: string) => context.req.header(name);
  const { protocol, host } = new URL(context.req.url);
  const scheme = header('x-forwarded-proto') === 'https' ? 'https:' : protocol;
  return { method: context.req.method, origin: `${scheme}//${host}`, header };
}

/** Bindings of @hono/node-server; absent when the app is called without a socket. */
interface Bindings {
  readonly incoming?: {
    readonly headers?: IncomingHttpHeaders;
    readonly socket?: { readonly remoteAddress?: string };
  };
}

export function visitorOf(context: Context): Visitor {
  const { incoming } = (context.env ?? {}) as Bindings;
  return {
    // It knows the proxies.
    address: writtenByGateway(context, 'x-forwarded-for') ?? incoming?.socket?.remoteAddress ?? '',
    userAgent: context.req.header('user-agent') ?? '',
  };
}

/** A header that the gateway has written over what the client sent. */
export function writtenByGateway(context: Context, name: string): string | undefined {
  const value = ((context.env ?? {}) as Bindings).incoming?.headers?.[name];
  return typeof value === 'string' ? value : undefined;
}
