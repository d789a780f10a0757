/**
 * The control plane's app as a listener of `node:http`, with words for requests that are none before the app sees them.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { getRequestListener, RequestError } from '@hono/node-server';
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Hono } from 'hono';
import type { Logger } from 'pino';

export function listenerOf(
  app: Hono,
  log: Logger,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const errorHandler = (thrown: unknown): Response => {
    const error =
      thrown instanceof RequestError
        ? new SkerryError('invalid_request', { problem: `its address is none (${thrown.message})` })
        : new SkerryError('internal');
    if (error.status >= 500) {
      log.error({ err: thrown }, 'request failed');
    }
    return Response.json({ error: error.message, code: error.code }, { status: error.status });
  };
  return getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler });
}
