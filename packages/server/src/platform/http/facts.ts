/**
 * What a request tells of who makes it, besides its token.
 *
 * @module
 */
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

export function visitorOf(context: Context): Visitor {
  // Bindings of @hono/node-server; absent when the app is called without a socket.
  const { incoming } = (context.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } };
  return {
    address: incoming?.socket?.remoteAddress ?? '',
    userAgent: context.req.header('user-agent') ?? '',
  };
}
