/**
 * WebSockets on a database's address: who may open one, and all that are open.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { ERRORS, SkerryError } from '@skerry/contract/errors/catalogue';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

import type { TokenVerifier } from '../access/database-tokens.ts';
import type { LogFacts } from '../operating/log.ts';
import type { RequestFacts } from '../operating/request-facts.ts';
import type { Placement } from '../placement/placement.ts';
import type { SqldServer } from '../placement/sqld/sqld-server.ts';
import type { Directory } from '../platform/directory.ts';
import { SOCKET_PROTOCOLS } from '../relay/messages.ts';
import type { Rights } from '../relay/rights.ts';
import type { AddressCheck } from './address-check.ts';
import type { Admission } from './admission.ts';
import { refusal, refuseUpgrade, unauthorized } from './answers.ts';
import { bearerToken, whenPrepared } from './authorization.ts';
import type { ClientAddresses } from './client-address.ts';
import type { SqldAccess } from './database-http.ts';
import { HostSocket } from './host-socket.ts';
import type { LiveSocket } from './live-socket.ts';
import { offeredOf, offersOurs, protocolOf } from './socket-protocols.ts';
import { unavailable } from './sqld-http.ts';
import { openServerSocket, SqldSocket } from './sqld-socket.ts';
import type { DatabaseTarget } from './target.ts';

/** Close codes of RFC 6455 section 7.4.1. */
const CLOSE_GOING_AWAY = 1001;
const CLOSE_INTERNAL = 1011;
const HOST_UNAVAILABLE = `HOST_UNAVAILABLE: ${ERRORS.HOST_UNAVAILABLE.message}`;

/** As sqld's `ws` crate: a message of this size is no query. */
const MESSAGE_MAX_BYTES = 64 * 1024 * 1024;
const PING_MS = 30_000;

export interface DatabaseSocketsOptions {
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
  readonly requestFacts: RequestFacts;
}

export class DatabaseSockets {
  readonly #options: DatabaseSocketsOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_MAX_BYTES,
    handleProtocols: (offered) => SOCKET_PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  });
  readonly #byDatabase = new Map<string, Set<LiveSocket>>();
  readonly #pinging: NodeJS.Timeout;
  readonly #stopListening: () => void;

  constructor(options: DatabaseSocketsOptions) {
    this.#options = options;
    this.#stopListening = options.directory.onChange((databaseId) => {
      for (const socket of this.#byDatabase.get(databaseId) ?? []) {
        void socket.judgeAgain();
      }
    });
    this.#pinging = setInterval(() => this.#ping(), PING_MS);
    this.#pinging.unref();
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, target: DatabaseTarget): void {
    const admit = (): void => this.#admit(request, socket, head, target);
    whenPrepared(this.#options.verifier, target.entry, request.headers, admit);
  }

  #admit(request: IncomingMessage, socket: Duplex, head: Buffer, target: DatabaseTarget): void {
    const { entry } = target;
    const address = this.#options.clients.of(request);
    if (entry.allowedIps.length > 0 && !this.#options.addressAllowed(entry.allowedIps, address)) {
      refuseUpgrade(socket, refusal(new SkerryError('ADDRESS_NOT_ALLOWED', { address })));
      return;
    }
    if (!offersOurs(request.headers['sec-websocket-protocol'])) {
      // The text that sqld answers (its `hrana/ws/handshake.rs`).
      const text = `Only these WebSocket subprotocols are supported: ${SOCKET_PROTOCOLS.join(' ')}`;
      socket.end(
        `HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\n` +
          `connection: close\r\n\r\n${text}`,
      );
      return;
    }
    const token = bearerToken(request.headers);
    if (token !== undefined && typeof token !== 'string') {
      refuseUpgrade(socket, token);
      return;
    }
    const verdict = token === undefined ? undefined : this.#options.verifier.verify(entry, token);
    if (verdict !== undefined && 'failure' in verdict) {
      refuseUpgrade(socket, unauthorized(verdict.failure, verdict.message));
      return;
    }
    if (!this.#options.admission.enter(entry.databaseId)) {
      refuseUpgrade(socket, refusal(new SkerryError('TOO_MANY_REQUESTS')));
      return;
    }
    socket.once('close', () => this.#options.admission.leave(entry.databaseId));
    const server = this.#options.sqld?.fleets.serverAt(target.instance.location);
    if (server !== undefined) {
      this.#upgradeToServer(request, socket, head, target, server, token);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#opened(client, target, this.#options.requestFacts.ofUpgrade(request), token, verdict ?? null);
    });
  }

  /** The client is let in when the server has let us in. */
  #upgradeToServer(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: DatabaseTarget,
    server: SqldServer,
    token: string | undefined,
  ): void {
    const { sqld, verifier, directory } = this.#options;
    const { entry } = target;
    const protocol = offeredOf(request.headers['sec-websocket-protocol']);
    const admit = async (): Promise<void> => {
      const upstream = await openServerSocket(server, entry.databaseId, protocol);
      if (socket.destroyed || sqld === undefined) {
        upstream.terminate();
        return;
      }
      this.#server.handleUpgrade(request, socket, head, (client) => {
        const touch = (): void => sqld.statistics.touch(server, entry.databaseId);
        server.used(entry.databaseId);
        const common = { touch, client, upstream, server, entry, token, verifier, directory, tokens: sqld.tokens };
        this.#keep(entry.databaseId, client, new SqldSocket({ ...common, protocol: protocolOf(client) }));
      });
    };
    admit().catch(() => refuseUpgrade(socket, unavailable(server)));
  }

  /** Tells every client that the server goes away; `terminate` afterwards ends those that do not answer. */
  close(): void {
    clearInterval(this.#pinging);
    this.#stopListening();
    for (const socket of this.#all()) {
      socket.close(CLOSE_GOING_AWAY, 'the server is shutting down');
    }
  }

  terminate(): void {
    for (const socket of this.#all()) {
      socket.terminate();
    }
  }

  get count(): number {
    return this.#all().length;
  }

  #opened(
    client: WebSocket,
    target: DatabaseTarget,
    logFacts: LogFacts,
    token: string | undefined,
    rights: Rights | null,
  ): void {
    const { databaseId, settings } = target.entry;
    const { location, role } = target.instance;
    const opened = this.#options.placement.openSocket(
      {
        kind: 'socket',
        protocol: protocolOf(client),
        instance: { databaseId, location, role },
        settings,
        rights,
      },
      { ...logFacts, databaseId, location },
    );
    if (opened === undefined) {
      client.on('error', () => client.terminate()).close(CLOSE_INTERNAL, HOST_UNAVAILABLE);
      return;
    }
    const { channel, host } = opened;
    const latencyMs = this.#options.latencyMs[target.instance.location] ?? 0;
    const socket = new HostSocket(client, channel, host, token, target.entry, { ...this.#options, latencyMs });
    this.#keep(databaseId, client, socket);
  }

  #keep(databaseId: string, client: WebSocket, socket: LiveSocket): void {
    const sockets = this.#byDatabase.get(databaseId) ?? new Set();
    this.#byDatabase.set(databaseId, sockets.add(socket));
    client.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0 && this.#byDatabase.get(databaseId) === sockets) {
        this.#byDatabase.delete(databaseId);
      }
    });
  }

  #all(): LiveSocket[] {
    return [...this.#byDatabase.values()].flatMap((sockets) => Array.from(sockets));
  }

  #ping(): void {
    for (const socket of this.#all()) {
      socket.ping();
    }
  }
}
