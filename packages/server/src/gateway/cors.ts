/**
 * Browsers may use every address from every page: what protects it is the token, which a page has to have.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Seconds for which a browser need not ask again. */
const PREFLIGHT_AGE_S = 86_400;

export function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.origin !== undefined) {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-expose-headers', 'x-request-id');
  }
}

export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
    // "*" would leave out Authorization (Fetch standard, "CORS non-wildcard request-header name").
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': String(PREFLIGHT_AGE_S),
    'content-length': 0,
  });
  response.end();
}
