/**
 * One HTTP request relayed to an sqld server: the client's bytes there, the server's bytes back, nothing kept. Each side
 * waits for the other: a client that reads slowly makes the server stop sending.
 *
 * Nothing is sent twice that may have run: the gateway cannot know whether a statement ran whose answer it did not see.
 * What a server answers without having found the database did not run.
 *
 * @module
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Dispatcher } from 'undici';

import { saysNamespaceMissing } from '../placement/sqld/admin-api.ts';
import type { SqldServer } from '../placement/sqld/sqld-server.ts';
import { endInOneWrite, refusal, refuse } from './answers.ts';
import { headersForClient, headersForServer } from './sqld-headers.ts';
import type { DatabaseTarget } from './target.ts';

/** A body that says it is no larger goes out in one piece with its head, which saves a write and a chunk's frame. */
const ONE_PIECE_MAX_BYTES = 64 * 1024;

/** A server that closes databases to make room for others says "not there" of one that it is just closing: for a second. */
const TRIES_MAX = 10;

export function relayHttp(
  request: IncomingMessage,
  response: ServerResponse,
  target: DatabaseTarget,
  server: SqldServer,
  token: string | undefined,
): void {
  if (!server.isUp) {
    refuse(response, unavailable(server));
    return;
  }
  const headers = headersForServer(request.headers, target.path, target.entry.databaseId, token);
  const sizeBytes = Number(request.headers['content-length'] ?? NaN);
  const dispatch = (body: Buffer | IncomingMessage | null): void => {
    const method = request.method ?? 'GET';
    const query = queryOf(request.url ?? '');
    if (body === request && Number.isFinite(sizeBytes)) {
      headers.push('content-length', String(sizeBytes));
    }
    const options = { path: `${target.path}${query}`, method, headers, body };
    const send = (relay: HttpRelay): void => void server.pool.dispatch(options, relay);
    send(new HttpRelay(response, server, body === request ? undefined : send));
  };
  if (request.method === 'GET' || request.method === 'HEAD') {
    dispatch(null);
  } else if (sizeBytes <= ONE_PIECE_MAX_BYTES) {
    wholeBody(request, dispatch);
  } else {
    dispatch(request);
  }
}

class HttpRelay implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #server: SqldServer;
  /** Undefined for a body that is not there any more. */
  readonly #sendAgain: ((relay: HttpRelay) => void) | undefined;
  #triesLeft = TRIES_MAX;
  /** The body of an answer that may say that the database is not there. */
  #missing: Buffer[] | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  /** The answer's head, until its first bytes come: a small answer then leaves in one write. */
  #head: { readonly status: number; readonly headers: IncomingHttpHeaders } | undefined;
  #isOver = false;

  constructor(response: ServerResponse, server: SqldServer, sendAgain: ((relay: HttpRelay) => void) | undefined) {
    this.#response = response;
    this.#server = server;
    this.#sendAgain = sendAgain;
    response.once('close', () => {
      if (!this.#isOver) {
        this.#isOver = true;
        // sqld stops a statement whose client is gone.
        this.#controller?.abort(new Error('the client is gone'));
      }
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) {
      controller.abort(new Error('the client is gone'));
    }
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) {
      return;
    }
    this.#head = { status, headers };
    if (status === 404 && this.#sendAgain !== undefined && this.#triesLeft > 0) {
      this.#missing = [];
      return;
    }
    // A cursor or a feed of changes: its client waits for the head, the first line may be long in coming.
    if (headers['content-length'] === undefined) {
      this.#writeHead();
      this.#response.flushHeaders();
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#missing !== undefined) {
      this.#missing.push(chunk);
      return;
    }
    const whole = Number(this.#head?.headers['content-length']);
    this.#writeHead();
    if (whole === chunk.length) {
      this.#isOver = true;
      endInOneWrite(this.#response, chunk);
    } else if (!this.#response.write(chunk)) {
      controller.pause();
      this.#response.once('drain', () => controller.resume());
    }
  }

  onResponseEnd(): void {
    const body = this.#missing === undefined ? undefined : Buffer.concat(this.#missing);
    this.#missing = undefined;
    if (body !== undefined && saysNamespaceMissing(textOf(body, this.#head?.headers['content-encoding']))) {
      this.#head = undefined;
      setTimeout(() => this.#again(), 2 ** (TRIES_MAX - this.#triesLeft));
      this.#triesLeft -= 1;
      return;
    }
    this.#writeHead();
    this.#isOver = true;
    if (!this.#response.writableEnded) {
      this.#response.end(body);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, _error: Error): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#server.suspect();
    // After the head has gone, a cut connection is the only way to say that the body is not whole.
    refuse(this.#response, unavailable(this.#server));
  }

  #again(): void {
    // The client may have gone away meanwhile.
    if (!this.#isOver) {
      this.#sendAgain?.(this);
    }
  }

  #writeHead(): void {
    if (this.#head !== undefined && !this.#response.headersSent) {
      this.#response.writeHead(this.#head.status, headersForClient(this.#head.headers));
    }
    this.#head = undefined;
  }
}

export function unavailable(server: SqldServer) {
  return refusal(new SkerryError('LOCATION_UNAVAILABLE', { location: server.location }));
}

/** A client that takes compressed answers gets a compressed refusal, too. */
const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

function textOf(body: Buffer, encoding: string | undefined): string {
  try {
    return (DECODERS[encoding ?? '']?.(body) ?? body).toString();
  } catch {
    return '';
  }
}

/** In one go, without a promise: most bodies are there with the head. Nothing happens when the client goes away. */
function wholeBody(request: IncomingMessage, then: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => {
    const [first] = chunks;
    then(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
  });
}

/** With its question mark. */
function queryOf(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? '' : url.slice(mark);
}
