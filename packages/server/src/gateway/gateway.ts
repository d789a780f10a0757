/**
 * The one port: finds out whose each request is and hands it over. It never looks into a tenant's data.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Logger } from 'pino';

import type { TlsSettings } from '../config.ts';
import type { LogContext } from '../operating/log.ts';
import type { Metrics, Target as MetricsTarget } from '../operating/metrics.ts';
import { REQUEST_ID_HEADER, type RequestFacts } from '../operating/request-facts.ts';
import type { OperatingRoutes } from '../operating/routes.ts';
import type { Telemetry } from '../operating/telemetry.ts';
import { refusal, refuse, refuseMalformed, refuseUpgrade } from './answers.ts';
import { followCertificate, readCertificate } from './certificate.ts';
import type { ClientAddresses } from './client-address.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import type { DatabaseHttp } from './database-http.ts';
import type { DatabaseSockets } from './database-socket.ts';
import type { Page } from './page.ts';
import type { Target, Targets } from './target.ts';

/** A request's headers must be there within this time; a body may take long (uploads of gigabytes). */
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 6 * 60 * 60 * 1000;
/** Longer than the idle time of common proxies, so that they close first. */
const KEEP_ALIVE_MS = 75_000;

const SERVER_OPTIONS = {
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  // Java's client and `curl --http2` offer HTTP/2 with every request, and take an answer of HTTP/1.1 for a no.
  shouldUpgradeCallback: (request: IncomingMessage) => request.headers.upgrade?.toLowerCase() === 'websocket',
};

export interface GatewayOptions {
  readonly targets: Targets;
  readonly http: DatabaseHttp;
  readonly sockets: DatabaseSockets;
  readonly page: Page;
  readonly operating: OperatingRoutes;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry | undefined;
  readonly clients: ClientAddresses;
  readonly tls: TlsSettings | undefined;
  /** Everything on the bare address but `/health` and the page. */
  readonly bare: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly log: Logger;
  readonly logContext: LogContext;
  readonly requestFacts: RequestFacts;
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #server: Server | SecureServer;
  #unfollow: () => void = () => undefined;
  #isReady = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const listener = (request: IncomingMessage, response: ServerResponse): void => this.#request(request, response);
    if (options.tls === undefined) {
      this.#server = createServer(SERVER_OPTIONS, listener);
    } else {
      const secure = createSecureServer({ ...SERVER_OPTIONS, ...readCertificate(options.tls) }, listener);
      this.#unfollow = followCertificate(secure, options.tls, options.log);
      this.#server = secure;
    }
    this.#server.on('clientError', refuseMalformed);
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        options.log.error({ ...options.requestFacts.ofUpgrade(request), err: error }, 'an upgrade failed');
        socket.destroy();
      });
    });
  }

  /** Binds the port. Requests are answered with 503 until `open`. Rejects with the system's error. */
  async listen(host: string, port: number): Promise<AddressInfo> {
    return await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve(this.#server.address() as AddressInfo);
      });
    });
  }

  get openSockets(): number {
    return this.#options.sockets.count;
  }

  open(): void {
    this.#isReady = true;
  }

  /** Takes no new connections and lets what runs finish; ends the rest after `patienceMs`. */
  async close(patienceMs: number): Promise<void> {
    const { sockets, http } = this.#options;
    this.#unfollow();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    sockets.close();
    http.close();
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.kill(), patienceMs);
    await closed;
    clearTimeout(timer);
  }

  kill(): void {
    this.#unfollow();
    this.#options.sockets.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** In one go when the database is known, as most are: a promise on the way would cost more than the rest of this. */
  #request(request: IncomingMessage, response: ServerResponse): void {
    const failed = (error: unknown): void => this.#failed(response, error);
    try {
      allowOrigin(request, response);
      if (!this.#isReady) {
        if (pathOf(request) === '/healthz') {
          response.writeHead(200, { 'content-length': 0 }).end();
          return;
        }
        refuse(response, refusal(new SkerryError('STARTING')));
        return;
      }
      const path = pathOf(request);
      const target = this.#options.targets.find(request.headers, path);
      const serving =
        target instanceof Promise
          ? target.then((found) => this.#serve(request, response, found, path))
          : this.#serve(request, response, target, path);
      serving?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #serve(request: IncomingMessage, response: ServerResponse, target: Target, path: string): Promise<void> | undefined {
    if (request.method === 'OPTIONS') {
      answerPreflight(request, response);
    } else if (target.kind === 'database') {
      this.#measure(response, 'database');
      const { databaseId } = target.entry;
      const { location } = target.instance;
      this.#options.telemetry?.request(request, response, {
        target: 'database',
        path: target.path,
        databaseId,
        location,
      });
      this.#options.http.handle(request, response, target);
    } else if (target.kind === 'missing') {
      refuse(response, missing(target));
    } else if (path === '/health') {
      response.writeHead(200, { 'content-length': 0 }).end();
    } else if (
      !this.#options.operating.handle(request, response, path, this.#options.clients.of(request)) &&
      !this.#options.page.handle(request, response, path)
    ) {
      this.#measure(response, 'api');
      this.#options.telemetry?.request(request, response, { target: 'api', path });
      const facts = this.#options.requestFacts.of(response);
      // What the platform reads there is the gateway's word, whatever came.
      request.headers['x-forwarded-for'] = this.#options.clients.of(request);
      request.headers[REQUEST_ID_HEADER] = facts['requestId'];
      return this.#options.logContext.run(facts, async () => await this.#options.bare(request, response));
    }
    return undefined;
  }

  #measure(response: ServerResponse, target: MetricsTarget): void {
    const beginMs = performance.now();
    response.once('finish', () => {
      this.#options.metrics.request(target, response.statusCode, (performance.now() - beginMs) / 1000);
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until the WebSocket takes it over, a reset of the connection would be an unhandled error.
    socket.on('error', () => socket.destroy());
    if (!this.#isReady) {
      refuseUpgrade(socket, refusal(new SkerryError('STARTING')));
      return;
    }
    const target = await this.#options.targets.find(request.headers, pathOf(request));
    if (target.kind === 'database') {
      this.#options.sockets.upgrade(request, socket, head, target);
    } else {
      const namespace = target.kind === 'missing' ? target : { namespace: request.headers.host ?? '', hint: '' };
      refuseUpgrade(socket, missing(namespace));
    }
  }

  #failed(response: ServerResponse, error: unknown): void {
    if (response.destroyed) {
      // The client went away; there is nobody to tell.
      return;
    }
    this.#options.log.error({ ...this.#options.requestFacts.of(response), err: error }, 'a request failed');
    refuse(response, refusal(new SkerryError('internal')));
  }
}

function missing({ namespace, hint }: Pick<Extract<Target, { kind: 'missing' }>, 'namespace' | 'hint'>) {
  return refusal(new SkerryError('NAMESPACE_NOT_FOUND', { namespace }), hint);
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}
