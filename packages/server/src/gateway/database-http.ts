/**
 * One HTTP request on a database's address: who asks, may they, which host, and the bytes both ways.
 *
 * @module
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { TokenVerifier } from '../access/database-tokens.ts';
import type { BodySource, ExchangeRequest, ExchangeSink, RelayFailure } from '../placement/exchange.ts';
import type { Placement } from '../placement/placement.ts';
import type { HttpReply } from '../relay/messages.ts';
import type { Rights } from '../relay/rights.ts';
import type { AddressCheck } from './address-check.ts';
import type { Admission } from './admission.ts';
import { refusal, refuse } from './answers.ts';
import type { Refusal } from './answers.ts';
import { authorize } from './authorization.ts';
import { peekHostId } from './baton-peek.ts';
import type { DatabaseTarget } from './target.ts';

/** The largest body that is held as a whole: many times what a statement with its arguments may have. */
const BODY_MAX_BYTES = 64 * 1024 * 1024;
/** Uploads: handed on as they come, limited by the host. */
const STREAMED_PATH = /^\/v[12]\/upload(\/|$)/;
/** After these, the database has its file: `POST /v1/upload`, `PUT /v2/upload/<id>/finalize`. */
const LAST_OF_UPLOAD = /^(POST \/v1\/upload|PUT \/v2\/upload\/(.+\/)?finalize)$/;
/** Clients and load balancers ask these before they have a token. They tell nothing of the data. */
const OPEN_PATHS = new Set(['/health', '/version', '/v1', '/v2', '/v3', '/v3-protobuf']);
const NO_RIGHTS: Rights = { level: 'grants', grants: [], attach: [], expiresAtMs: null };
const HEADERS_FOR_HOSTS = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'accept',
  'accept-encoding',
  'grpc-encoding',
  'range',
  'te',
]);
/** gRPC metadata and the sync protocols put their facts in headers of these families. */
const HEADER_FAMILIES_FOR_HOSTS = /^x-(turso|libsql|namespace|session|client|replication)/;

export interface DatabaseHttpOptions {
  readonly placement: Placement;
  readonly verifier: TokenVerifier;
  readonly admission: Admission;
  readonly statementMs: number;
  readonly addressAllowed: AddressCheck;
  /** The file that a database waited for is in place. Rejects when that could not be recorded. */
  readonly uploadFinished: (databaseId: string) => Promise<void>;
}

export class DatabaseHttp {
  readonly #options: DatabaseHttpOptions;

  constructor(options: DatabaseHttpOptions) {
    this.#options = options;
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    target: DatabaseTarget,
    requestId: string,
  ): Promise<void> {
    const { databaseId, settings } = target.entry;
    const rights = this.#rightsOf(request, target);
    if ('status' in rights) {
      refuse(response, rights);
      return;
    }
    if (!this.#options.admission.enter(databaseId)) {
      refuse(response, refusal(new SkerryError('TOO_MANY_REQUESTS')));
      return;
    }
    response.once('close', () => this.#options.admission.leave(databaseId));
    const streamed = STREAMED_PATH.test(target.path);
    const body = streamed ? bodySource(request) : await wholeBody(request);
    if (body === undefined) {
      refuse(response, refusal(new SkerryError('REQUEST_TOO_LARGE', { limitBytes: BODY_MAX_BYTES })));
      return;
    }
    const hostId = Buffer.isBuffer(body) && body.length > 0 ? peekHostId(body, target.path) : undefined;
    const head: ExchangeRequest['head'] = {
      kind: 'http',
      requestId,
      method: request.method ?? 'GET',
      path: target.path,
      query: queryOf(request.url ?? ''),
      headers: headersForHost(request.headers),
      instance: { databaseId, location: target.instance.location, role: target.instance.role },
      settings,
      rights,
    };
    const sink = this.#sink(response, head);
    const exchange = this.#options.placement.relay({ head, body, hasBaton: hostId !== undefined, sink }, hostId);
    response.once('close', () => {
      if (!response.writableFinished) {
        exchange.cancel();
      }
    });
  }

  #rightsOf(request: IncomingMessage, target: DatabaseTarget): Rights | Refusal {
    const { entry, path } = target;
    const address = request.socket.remoteAddress ?? '';
    if (entry.allowedIps.length > 0 && !this.#options.addressAllowed(entry.allowedIps, address)) {
      return refusal(new SkerryError('ADDRESS_NOT_ALLOWED', { address }));
    }
    return request.method === 'GET' && OPEN_PATHS.has(path)
      ? NO_RIGHTS
      : authorize(this.#options.verifier, entry, request.headers);
  }

  #sink(response: ServerResponse, head: ExchangeRequest['head']): ExchangeSink {
    const { databaseId } = head.instance;
    return {
      reply: (reply, body, ended) => {
        if (
          head.settings.awaitingUpload &&
          reply.status === 200 &&
          LAST_OF_UPLOAD.test(`${head.method} ${head.path}`)
        ) {
          // The database may be queried from the moment in which the client knows that its file has arrived.
          this.#options.uploadFinished(databaseId).then(
            () => writeReply(response, reply, body, ended),
            () => refuse(response, refusal(new SkerryError('internal'))),
          );
        } else {
          writeReply(response, reply, body, ended);
        }
      },
      data: (bytes) => writeBody(response, bytes),
      end: () => response.end(),
      failed: (failure) => refuse(response, this.#failure(failure)),
    };
  }

  #failure(failure: RelayFailure): Refusal {
    if (failure === 'statement_timeout') {
      return refusal(new SkerryError('STATEMENT_TIMEOUT', { limitMs: this.#options.statementMs }));
    }
    return refusal(new SkerryError(failure === 'stream_lost' ? 'STREAM_LOST' : 'HOST_LOST'));
  }
}

function writeReply(response: ServerResponse, reply: HttpReply, body: Buffer, ended: boolean): void {
  if (response.destroyed) {
    return;
  }
  response.writeHead(reply.status, ended ? { ...reply.headers, 'content-length': body.length } : reply.headers);
  if (ended) {
    response.end(body);
  } else {
    response.flushHeaders();
    if (body.length > 0) {
      response.write(body);
    }
  }
}

/** Resolves when the client has taken what came before; the host waits for that. */
function writeBody(response: ServerResponse, bytes: Buffer): void | Promise<void> {
  if (response.destroyed || response.write(bytes)) {
    return undefined;
  }
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/** The whole body, or undefined when it is too large. Rejects when the client goes away in the middle. */
function wholeBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > BODY_MAX_BYTES) {
        // What else comes is dropped; the answer asks the client to stop.
        request.removeAllListeners('data').resume();
        resolve(undefined);
      } else {
        chunks.push(chunk);
      }
    });
    request.once('end', () => {
      const [first] = chunks;
      resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, sizeBytes));
    });
    request.once('error', reject);
    request.once('close', () => reject(new Error('the client is gone')));
  });
}

function bodySource(request: IncomingMessage): BodySource {
  return (channel) => {
    const send = async (): Promise<void> => {
      for await (const chunk of request) {
        await channel.write(chunk as Buffer);
      }
      channel.end();
    };
    send().catch(() => channel.abort('the client is gone'));
  };
}

function headersForHost(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string' && (HEADERS_FOR_HOSTS.has(name) || HEADER_FAMILIES_FOR_HOSTS.test(name))) {
      kept[name] = value;
    }
  }
  return kept;
}

function queryOf(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? '' : url.slice(mark + 1);
}
