/**
 * One HTTP request on a database's address: who asks, may they, which host, and the bytes both ways.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Logger } from 'pino';

import type { TokenVerifier } from '../access/database-tokens.ts';
import type { RelayTokens } from '../access/relay-tokens.ts';
import type { RequestFacts } from '../operating/request-facts.ts';
import type { BodySource, Exchange } from '../placement/exchange.ts';
import type { Placement } from '../placement/placement.ts';
import type { SqldFleets } from '../placement/sqld/fleets.ts';
import type { SqldServer } from '../placement/sqld/sqld-server.ts';
import type { SqldStatistics } from '../placement/sqld/statistics.ts';
import type { Directory } from '../platform/directory.ts';
import type { Rights } from '../relay/rights.ts';
import type { AddressCheck } from './address-check.ts';
import type { Admission } from './admission.ts';
import { refusal, refuse } from './answers.ts';
import type { Refusal } from './answers.ts';
import { authorize, whenPrepared } from './authorization.ts';
import { peekHostId } from './baton-peek.ts';
import type { ClientAddresses } from './client-address.ts';
import { HostHeads } from './host-head.ts';
import { HttpAnswer } from './http-answer.ts';
import type { HttpAnswerOptions } from './http-answer.ts';
import { isFeed, OpenFeeds } from './open-feeds.ts';
import { relayHttp } from './sqld-http.ts';
import type { DatabaseTarget } from './target.ts';

/** The largest body that is held as a whole: many times what a statement with its arguments may have. */
const BODY_MAX_BYTES = 64 * 1024 * 1024;
/** Uploads: handed on as they come, limited by the host. */
const STREAMED_PATH = /^\/v[12]\/upload(\/|$)/;
/** Clients and load balancers ask these before they have a token. They tell nothing of the data. */
const OPEN_PATHS = new Set(['/health', '/version', '/v1', '/v2', '/v3', '/v3-protobuf']);
const NO_RIGHTS: Rights = { level: 'grants', grants: [], attach: [], expiresAtMs: null };

/** Locations that are sqld servers, and the tokens with which the gateway comes to them. */
export interface SqldAccess {
  readonly fleets: SqldFleets;
  readonly tokens: RelayTokens;
  readonly statistics: SqldStatistics;
}

export interface DatabaseHttpOptions {
  readonly placement: Placement;
  readonly sqld: SqldAccess | undefined;
  readonly verifier: TokenVerifier;
  readonly directory: Directory;
  readonly admission: Admission;
  readonly statementMs: number;
  /** Location code → how far away it is made to seem. */
  readonly latencyMs: Readonly<Record<string, number>>;
  readonly addressAllowed: AddressCheck;
  readonly clients: ClientAddresses;
  readonly placeUpload: HttpAnswerOptions['placeUpload'];
  readonly log: Logger;
  readonly requestFacts: RequestFacts;
}

export class DatabaseHttp {
  readonly #options: DatabaseHttpOptions;
  readonly #heads = new HostHeads();
  readonly #feeds: OpenFeeds;

  constructor(options: DatabaseHttpOptions) {
    this.#options = options;
    this.#feeds = new OpenFeeds(options.directory);
  }

  /** Ends the answers that would never end by themselves. */
  close(): void {
    this.#feeds.close();
  }

  handle(request: IncomingMessage, response: ServerResponse, target: DatabaseTarget): void {
    whenPrepared(this.#options.verifier, target.entry, request.headers, () => this.#admit(request, response, target));
  }

  #admit(request: IncomingMessage, response: ServerResponse, target: DatabaseTarget): void {
    const { databaseId } = target.entry;
    const rights = this.#rightsOf(request, target);
    if ('status' in rights) {
      refuse(response, rights);
      return;
    }
    if (!this.#options.admission.enter(databaseId)) {
      refuse(response, refusal(new SkerryError('TOO_MANY_REQUESTS')));
      return;
    }
    let exchange: Exchange | undefined;
    if (isFeed(target.path)) {
      this.#keepFeed(request, response, target, () => exchange?.cancel());
    }
    const server = this.#options.sqld?.fleets.serverAt(target.instance.location);
    if (server !== undefined) {
      response.once('close', () => this.#options.admission.leave(databaseId));
      this.#relayToServer(request, response, target, server, rights);
      return;
    }
    const relay = (body: Buffer | BodySource): void => {
      if (response.destroyed) {
        return;
      }
      const hostId = Buffer.isBuffer(body) && body.length > 0 ? peekHostId(body, target.path) : undefined;
      const hasBaton = hostId !== undefined;
      const head = this.#heads.for(request, target, rights, !hasBaton && Buffer.isBuffer(body));
      const sink = new HttpAnswer(response, head, this.#options);
      exchange = this.#options.placement.relay({ head, body, hasBaton, sink }, hostId);
    };
    response.once('close', () => {
      this.#options.admission.leave(databaseId);
      if (!response.writableFinished) {
        exchange?.cancel();
      }
    });
    const latencyMs = this.#options.latencyMs[target.instance.location];
    const begin =
      latencyMs === undefined ? relay : (body: Buffer | BodySource) => void setTimeout(relay, latencyMs, body);
    if (STREAMED_PATH.test(target.path)) {
      begin(bodySource(request));
    } else {
      wholeBody(request, begin, () =>
        refuse(response, refusal(new SkerryError('REQUEST_TOO_LARGE', { limitBytes: BODY_MAX_BYTES }))),
      );
    }
  }

  #keepFeed(request: IncomingMessage, response: ServerResponse, target: DatabaseTarget, cancel: () => void): void {
    const { verifier, placement } = this.#options;
    const stopHearing = placement.heard.listen(target.entry.databaseId);
    const forget = this.#feeds.add({
      databaseId: target.entry.databaseId,
      isAllowed: async (entry) => {
        await new Promise<void>((resolve) => whenPrepared(verifier, entry, request.headers, resolve));
        return !('status' in this.#rightsOf(request, { ...target, entry }));
      },
      end: () => {
        cancel();
        response.end();
      },
    });
    response.once('close', () => {
      forget();
      stopHearing();
    });
  }

  #relayToServer(
    request: IncomingMessage,
    response: ServerResponse,
    target: DatabaseTarget,
    server: SqldServer,
    rights: Rights,
  ): void {
    const token =
      rights === NO_RIGHTS ? undefined : this.#options.sqld?.tokens.tokenFor(target.entry.databaseId, rights);
    if (token === undefined && rights !== NO_RIGHTS) {
      refuse(response, refusal(new SkerryError('TOKEN_NOT_FOR_LOCATION', { location: server.location })));
      return;
    }
    this.#options.sqld?.statistics.touch(server, target.entry.databaseId);
    server.used(target.entry.databaseId);
    relayHttp(request, response, target, server, token);
  }

  #rightsOf(request: IncomingMessage, target: DatabaseTarget): Rights | Refusal {
    const { entry, path } = target;
    const address = this.#options.clients.of(request);
    if (entry.allowedIps.length > 0 && !this.#options.addressAllowed(entry.allowedIps, address)) {
      return refusal(new SkerryError('ADDRESS_NOT_ALLOWED', { address }));
    }
    return request.method === 'GET' && OPEN_PATHS.has(path)
      ? NO_RIGHTS
      : authorize(this.#options.verifier, entry, request.headers);
  }
}

/** Calls back with the whole body, or says once that it is too large; not at all when the client goes away amid it. */
function wholeBody(request: IncomingMessage, whole: (body: Buffer) => void, tooLarge: () => void): void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  request.on('data', (chunk: Buffer) => {
    if (sizeBytes > BODY_MAX_BYTES) {
      // What else comes is dropped; the answer asks the client to stop.
      return;
    }
    sizeBytes += chunk.length;
    chunks.push(chunk);
    if (sizeBytes > BODY_MAX_BYTES) {
      chunks.length = 0;
      tooLarge();
    }
  });
  request.on('end', () => {
    if (sizeBytes <= BODY_MAX_BYTES) {
      const [first] = chunks;
      whole(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, sizeBytes));
    }
  });
  // The response is closed as well then, which gives back what the request holds.
  request.on('error', () => undefined);
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
