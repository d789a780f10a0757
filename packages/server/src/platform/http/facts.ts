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

export function visitorOf(context: Context): Visitor {
  // Bindings of @hono/node-server; absent when the app is called without a socket.
  const { incoming } = (context.env ?? {}) as {
    incoming?: { headers?: IncomingHttpHeaders; socket?: { remoteAddress?: string } };
  };
  // Written by the gateway, which knows the proxies.
  const client = incoming?.headers?.['x-forwarded-for'];
  return {
    address: typeof client === 'string' ? client : (incoming?.socket?.remoteAddress ?? ''),
    userAgent: context.req.header('user-agent') ?? '',
  };
}
