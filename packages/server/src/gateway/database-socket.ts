/**
 * WebSockets on a database's address. The host speaks Hrana; the gateway judges tokens, passes messages both ways with
 * their backpressure, and ends sockets whose right has ended.
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
import type { HostProcess } from '../placement/host-process.ts';
import type { Placement } from '../placement/placement.ts';
import type { SqldServer } from '../placement/sqld/sqld-server.ts';
import type { Directory, DirectoryEntry } from '../platform/directory.ts';
import type { Channel, Note } from '../relay/channel.ts';
import { SOCKET_PROTOCOLS } from '../relay/messages.ts';
import type { RightsNote } from '../relay/messages.ts';
import type { Rights } from '../relay/rights.ts';
import type { AddressCheck } from './address-check.ts';
import type { Admission } from './admission.ts';
import { refusal, refuseUpgrade, unauthorized } from './answers.ts';
import { bearerToken, goOnAfter, whenPrepared } from './authorization.ts';
import type { ClientAddresses } from './client-address.ts';
import type { SqldAccess } from './database-http.ts';
import type { LiveSocket } from './live-socket.ts';
import { offeredOf, offersOurs, protocolOf } from './socket-protocols.ts';
import { unavailable } from './sqld-http.ts';
import { openServerSocket, SqldSocket } from './sqld-socket.ts';
import type { DatabaseTarget } from './target.ts';

/** Close codes of RFC 6455 section 7.4.1. */
const CLOSE_GOING_AWAY = 1001;
const CLOSE_POLICY = 1008;
const CLOSE_INTERNAL = 1011;
const CODES_NEVER_SENT = new Set([1005, 1006]);
const CLOSE_NORMAL = 1000;
const HOST_UNAVAILABLE = `HOST_UNAVAILABLE: ${ERRORS.HOST_UNAVAILABLE.message}`;

/** As sqld's `ws` crate: a message of this size is no query. */
const MESSAGE_MAX_BYTES = 64 * 1024 * 1024;
/** Bytes unsent to a slow client beyond which the host is made to wait. */
const UNSENT_MAX_BYTES = 256 * 1024;
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
    const socket = new DatabaseSocket(client, channel, host, token, target.entry, { ...this.#options, latencyMs });
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

class DatabaseSocket implements LiveSocket {
  readonly #client: WebSocket;
  readonly #channel: Channel;
  readonly #host: HostProcess;
  readonly #verifier: TokenVerifier;
  readonly #directory: Directory;
  readonly #statementMs: number;
  /** The token that the socket's rights come from; undefined before any was brought. */
  #token: string | undefined;
  #entry: DirectoryEntry;
  /** While the database's entry is read anew nothing is passed on: the token may have been revoked. */
  #judging = 0;
  #isAlive = true;

  constructor(
    client: WebSocket,
    channel: Channel,
    host: HostProcess,
    token: string | undefined,
    entry: DirectoryEntry,
    options: Pick<DatabaseSocketsOptions, 'verifier' | 'directory' | 'statementMs'> & { readonly latencyMs: number },
  ) {
    this.#client = client;
    this.#channel = channel;
    this.#host = host;
    this.#token = token;
    this.#entry = entry;
    this.#verifier = options.verifier;
    this.#directory = options.directory;
    this.#statementMs = options.statementMs;
    // Timers of one duration run in the order in which they were set.
    const arrived = (run: () => void): void =>
      options.latencyMs === 0 ? run() : void setTimeout(run, options.latencyMs);
    client.on('message', (data, isBinary) => arrived(() => this.#fromClient(data as Buffer, isBinary)));
    client.on('pong', () => (this.#isAlive = true));
    client.on('error', () => client.terminate());
    client.on('close', (code, reason) => arrived(() => this.#clientClosed(code, reason.toString())));
    channel.handlers.onMessage = (message, isBinary) => this.#fromHost(message, isBinary);
    channel.handlers.onNote = (note) => this.#note(note);
    channel.handlers.onEnd = () => this.close(CLOSE_NORMAL, '');
    channel.handlers.onAbort = () => void this.#hostLost();
  }

  /** The database's entry changed: a token that was good may not be any more. */
  async judgeAgain(): Promise<void> {
    this.#judging += 1;
    this.#client.pause();
    try {
      const entry = await this.#directory.byId(this.#entry.databaseId);
      if (entry !== undefined && this.#token !== undefined) {
        await this.#verifier.prepare(entry, this.#token);
      }
      this.#judge(entry);
    } catch {
      this.close(CLOSE_INTERNAL, 'internal error');
    } finally {
      this.#judging -= 1;
      this.#resume();
    }
  }

  close(code: number, reason: string): void {
    // A close frame has room for 123 bytes of reason.
    this.#client.close(code, Buffer.from(reason).subarray(0, 123).toString());
  }

  terminate(): void {
    this.#client.terminate();
  }

  ping(): void {
    if (!this.#isAlive) {
      this.#client.terminate();
      return;
    }
    this.#isAlive = false;
    this.#client.ping();
  }

  #judge(entry: DirectoryEntry | undefined): void {
    if (entry === undefined) {
      this.close(CLOSE_POLICY, 'the database was deleted');
      return;
    }
    this.#entry = entry;
    if (this.#token === undefined) {
      return;
    }
    const note = this.#verdict(this.#token);
    this.#channel.sendNote(note);
    if (note.type === 'refused') {
      this.close(CLOSE_POLICY, `${note.code}: ${note.message}`);
    }
  }

  #verdict(token: string): RightsNote {
    const verdict = this.#verifier.verify(this.#entry, token);
    return 'failure' in verdict
      ? { type: 'refused', code: verdict.failure, message: verdict.message }
      : { type: 'rights', rights: verdict, settings: this.#entry.settings };
  }

  #fromClient(data: Buffer, isBinary: boolean): void {
    const sent = this.#channel.sendMessage(data, isBinary);
    this.#host.touch();
    if (!this.#channel.hasCredit) {
      this.#client.pause();
      void sent.then(() => this.#resume());
    }
  }

  #fromHost(message: Buffer, isBinary: boolean): void | Promise<void> {
    if (this.#client.bufferedAmount <= UNSENT_MAX_BYTES) {
      this.#client.send(message, { binary: isBinary });
      return undefined;
    }
    // Also called when the socket fails, so that the host never waits for a client that is gone.
    return new Promise((resolve) => this.#client.send(message, { binary: isBinary }, () => resolve()));
  }

  /** Tells the client whether its own statement ended the host, or it only lost its streams. */
  async #hostLost(): Promise<void> {
    const { cause, work } = await this.#host.exited;
    const isCulprit = cause === 'deadline' && work.running === this.#channel.id;
    const error = isCulprit
      ? new SkerryError('STATEMENT_TIMEOUT', { limitMs: this.#statementMs })
      : new SkerryError('STREAM_LOST');
    this.close(CLOSE_INTERNAL, `${error.code}: ${error.message}`);
  }

  #note(note: Note): void {
    if (note.type === 'close') {
      this.close(note.code, note.reason);
    } else if (note.type === 'authenticate') {
      this.#authenticate(note.jwt);
    }
  }

  #authenticate(jwt: string | null): void {
    // A token in the upgrade's header stands when the hello brings none.
    const token = jwt ?? this.#token;
    if (token === undefined) {
      const { message } = ERRORS.AUTH_JWT_MISSING;
      this.#channel.sendNote({ type: 'refused', code: 'AUTH_JWT_MISSING', message });
      return;
    }
    const answer = (): void => {
      const note = this.#verdict(token);
      if (note.type === 'rights') {
        this.#token = token;
      }
      this.#channel.sendNote(note);
    };
    goOnAfter(this.#verifier.prepare(this.#entry, token), answer);
  }

  #clientClosed(code: number, reason: string): void {
    this.#host.sockets.delete(this.#channel.id);
    const told = CODES_NEVER_SENT.has(code) ? CLOSE_NORMAL : code;
    this.#channel.sendNote({ type: 'close', code: told, reason });
    this.#channel.end();
  }

  #resume(): void {
    if (this.#judging === 0 && this.#channel.hasCredit) {
      this.#client.resume();
    }
  }
}
