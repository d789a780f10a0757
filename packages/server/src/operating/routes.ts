/**
 * What machines ask of the bare address: is the process alive, may it get traffic, and its figures.
 *
 * `/healthz` is for whoever restarts a process: 200 as long as it answers at all. `/readyz` is for load balancers: 200
 * when the hosts run and the store answers. An sqld server that is down is named there and spoils nothing: the other
 * locations go on.
 *
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Metrics } from './metrics.ts';

export type MetricsAccess =
  /** Whoever comes from this machine. */
  | { readonly kind: 'loopback' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'anybody' }
  | { readonly kind: 'off' };

export interface Readiness {
  readonly ready: boolean;
  /** Part → how it is. */
  readonly parts: Readonly<Record<string, string>>;
}

export interface OperatingOptions {
  readonly metrics: Metrics;
  readonly access: MetricsAccess;
  readonly readiness: () => Promise<Readiness>;
}

export class OperatingRoutes {
  readonly #options: OperatingOptions;

  constructor(options: OperatingOptions) {
    this.#options = options;
  }

  /** Answers, or says with false that the path is not one of these. `clientAddress`: as told by trusted proxies. */
  handle(request: IncomingMessage, response: ServerResponse, path: string, clientAddress: string): boolean {
    if (path === '/healthz') {
      send(response, 200, 'text/plain', 'ok\n');
    } else if (path === '/readyz') {
      this.#ready(response).catch(() => send(response, 503, 'text/plain', 'not ready\n'));
    } else if (path === '/metrics' && this.#options.access.kind !== 'off') {
      if (this.#mayRead(request, clientAddress)) {
        this.#metrics(response).catch(() => send(response, 500, 'text/plain', 'the figures cannot be read\n'));
      } else {
        send(response, 403, 'text/plain', 'see --metrics\n');
      }
    } else {
      return false;
    }
    return true;
  }

  async #ready(response: ServerResponse): Promise<void> {
    const { ready, parts } = await this.#options.readiness();
    send(response, ready ? 200 : 503, 'application/json', `${JSON.stringify({ ready, parts })}\n`);
  }

  async #metrics(response: ServerResponse): Promise<void> {
    const { contentType, body } = await this.#options.metrics.text();
    send(response, 200, contentType, body);
  }

  #mayRead(request: IncomingMessage, clientAddress: string): boolean {
    const { access } = this.#options;
    switch (access.kind) {
      case 'loopback':
        // A proxy on this machine that nobody named as one comes from loopback too: its header gives it away.
        return isLoopback(clientAddress) && request.headers['x-forwarded-for'] === undefined;
      case 'token':
        return isEqual(request.headers.authorization ?? '', `Bearer ${access.token}`);
      case 'anybody':
        return true;
      case 'off':
        return false;
    }
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  if (!response.headersSent) {
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
    });
    response.end(body);
  }
}
