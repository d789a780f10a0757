/**
 * A WebSocket between a client and an sqld server. Messages pass as they are, both ways, but for `hello`: the gateway
 * judges its token, as with every other request, and says hello to the server with one of its own. (A `hello` that is
 * written so that it is not noticed here carries a token that the server does not know.)
 *
 * @module
 */
import { type ErrorCode, ERRORS, SkerryError } from '@skerry/contract/errors/catalogue';
import { decodeClientMsg as decodeJson, encodeServerMsg as encodeJson } from '@skerry/hrana/ws/json';
import { encodeClientMsg as encodeJsonClient } from '@skerry/hrana/ws/json-client';
import { decodeClientMsg as decodeProtobuf, encodeServerMsg as encodeProtobuf } from '@skerry/hrana/ws/protobuf';
import { encodeClientMsg as encodeProtobufClient } from '@skerry/hrana/ws/protobuf-client';
import { WebSocket } from 'ws';

import type { TokenVerifier } from '../access/database-tokens.ts';
import type { RelayTokens } from '../access/relay-tokens.ts';
import type { SqldServer } from '../placement/sqld/sqld-server.ts';
import type { Directory, DirectoryEntry } from '../platform/directory.ts';
import type { SocketProtocol } from '../relay/messages.ts';
import type { Rights } from '../relay/rights.ts';
import { goOnAfter } from './authorization.ts';
import type { LiveSocket } from './live-socket.ts';
import { namespaceHeaders } from './sqld-headers.ts';

const CLOSE_GOING_AWAY = 1001;
const CLOSE_POLICY = 1008;
const CLOSE_INTERNAL = 1011;
const CLOSE_NORMAL = 1000;
/** Codes that stand for something that happened, and cannot be sent. */
const CLOSE_NOT_SENDABLE = new Set([1004, 1005, 1006, 1015]);

const CONNECT_TIMEOUT_MS = 10_000;
const MESSAGE_MAX_BYTES = 64 * 1024 * 1024;
/** Bytes unsent to one side beyond which the other is made to wait. */
const UNSENT_MAX_BYTES = 256 * 1024;
/** A token has some hundred characters; with three databases to attach, some thousand. */
const HELLO_MAX_BYTES = 64 * 1024;

/** Connects to the server. @throws SkerryError LOCATION_UNAVAILABLE */
export async function openServerSocket(
  server: SqldServer,
  databaseId: string,
  protocol: SocketProtocol | undefined,
): Promise<WebSocket> {
  const url = `${server.url.replace(/^http/, 'ws')}/`;
  const socket = new WebSocket(url, protocol === undefined ? [] : [protocol], {
    headers: namespaceHeaders(databaseId),
    handshakeTimeout: CONNECT_TIMEOUT_MS,
    maxPayload: MESSAGE_MAX_BYTES,
    perMessageDeflate: false,
  });
  // Nothing is lost of what the server might say before somebody listens.
  socket.pause();
  return await new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', (error) => {
      server.suspect();
      reject(new SkerryError('LOCATION_UNAVAILABLE', { location: server.location }, { cause: error }));
    });
  });
}

export interface SqldSocketParts {
  readonly client: WebSocket;
  readonly upstream: WebSocket;
  readonly server: SqldServer;
  readonly protocol: SocketProtocol;
  readonly entry: DirectoryEntry;
  /** From a header of the upgrade; a `hello` without one of its own stands on it. */
  readonly token: string | undefined;
  readonly verifier: TokenVerifier;
  readonly directory: Directory;
  readonly tokens: RelayTokens;
  /** Says that the database is in use. */
  readonly touch: () => void;
}

export class SqldSocket implements LiveSocket {
  readonly #parts: SqldSocketParts;
  #entry: DirectoryEntry;
  #token: string | undefined;
  #judging = 0;
  #isAlive = true;
  #expiry: NodeJS.Timeout | undefined;

  constructor(parts: SqldSocketParts) {
    this.#parts = parts;
    this.#entry = parts.entry;
    this.#token = parts.token;
    const { client, upstream } = parts;
    client.on('message', (data, isBinary) => this.#fromClient(data as Buffer, isBinary));
    client.on('pong', () => (this.#isAlive = true));
    client.on('error', () => client.terminate());
    client.on('close', (code, reason) => this.#clientClosed(code, reason));
    upstream.on('message', (data, isBinary) => pass(upstream, client, data as Buffer, isBinary));
    upstream.on('error', () => upstream.terminate());
    upstream.on('close', (code, reason) => this.#serverClosed(code, reason));
    upstream.resume();
  }

  /** The database's entry changed: a token that was good may not be any more. Nothing passes until that is known. */
  async judgeAgain(): Promise<void> {
    const { client, directory, verifier } = this.#parts;
    this.#judging += 1;
    client.pause();
    try {
      const entry = await directory.byId(this.#entry.databaseId);
      if (entry !== undefined && this.#token !== undefined) {
        await verifier.prepare(entry, this.#token);
      }
      this.#judge(entry);
    } catch {
      this.close(CLOSE_INTERNAL, 'internal error');
    } finally {
      this.#judging -= 1;
      this.#resumeClient();
    }
  }

  close(code: number, reason: string): void {
    // A close frame has room for 123 bytes of reason.
    this.#parts.client.close(code, Buffer.from(reason).subarray(0, 123).toString());
  }

  terminate(): void {
    this.#parts.client.terminate();
    this.#parts.upstream.terminate();
  }

  ping(): void {
    if (!this.#isAlive) {
      this.terminate();
      return;
    }
    this.#isAlive = false;
    this.#parts.client.ping();
  }

  #fromClient(data: Buffer, isBinary: boolean): void {
    const { client, upstream, protocol } = this.#parts;
    if (upstream.readyState !== WebSocket.OPEN) {
      return;
    }
    this.#parts.touch();
    const hello = readHello(data, isBinary, protocol);
    if (hello !== undefined) {
      const token = hello.jwt ?? this.#token;
      const waiting = token === undefined ? undefined : this.#parts.verifier.prepare(this.#entry, token);
      // What the client sends meanwhile must not overtake its hello.
      this.#judging += 1;
      client.pause();
      goOnAfter(waiting, () => {
        this.#judging -= 1;
        this.#hello(token, isBinary);
        this.#resumeClient();
      });
      return;
    }
    pass(client, upstream, data, isBinary, () => this.#resumeClient());
  }

  #hello(token: string | undefined, isBinary: boolean): void {
    const { upstream, tokens } = this.#parts;
    const rights = token === undefined ? refused('AUTH_JWT_MISSING') : this.#rightsOf(token);
    if ('failure' in rights) {
      this.#refuse(rights, isBinary);
      return;
    }
    const jwt = tokens.tokenFor(this.#entry.databaseId, rights);
    if (jwt === undefined) {
      const { code, message } = new SkerryError('TOKEN_NOT_FOR_LOCATION', { location: this.#parts.server.location });
      this.#refuse({ failure: code, message }, isBinary);
      return;
    }
    this.#token = token;
    this.#endWith(rights);
    const hello = { type: 'hello', jwt } as const;
    upstream.send(isBinary ? encodeProtobufClient(hello) : encodeJsonClient(hello), { binary: isBinary });
  }

  #refuse({ failure, message }: Failure, isBinary: boolean): void {
    const answer = { type: 'hello_error', error: { code: failure, message } } as const;
    this.#parts.client.send(isBinary ? encodeProtobuf(answer) : encodeJson(answer), { binary: isBinary });
    this.close(CLOSE_POLICY, `${failure}: ${message}`);
  }

  #judge(entry: DirectoryEntry | undefined): void {
    if (entry === undefined) {
      this.close(CLOSE_POLICY, 'the database was deleted');
      return;
    }
    this.#entry = entry;
    const rights = this.#token === undefined ? undefined : this.#rightsOf(this.#token);
    if (rights !== undefined && 'failure' in rights) {
      this.close(CLOSE_POLICY, `${rights.failure}: ${rights.message}`);
    }
  }

  #rightsOf(token: string): Rights | Failure {
    return this.#parts.verifier.verify(this.#entry, token);
  }

  /** The server knows only the gateway's token, so the end of the client's own is kept here. */
  #endWith({ expiresAtMs }: Rights): void {
    clearTimeout(this.#expiry);
    if (expiresAtMs === null) {
      return;
    }
    // Node's timers hold 31 bits; the end of a longer one is looked at again.
    const leftMs = Math.min(Math.max(0, expiresAtMs - Date.now()), 2 ** 31 - 1);
    this.#expiry = setTimeout(() => {
      if (Date.now() < expiresAtMs) {
        void this.judgeAgain();
      } else {
        this.close(CLOSE_POLICY, `AUTH_JWT_EXPIRED: ${ERRORS.AUTH_JWT_EXPIRED.message}`);
      }
    }, leftMs);
    this.#expiry.unref();
  }

  #clientClosed(code: number, reason: Buffer): void {
    clearTimeout(this.#expiry);
    this.#parts.upstream.close(CLOSE_NOT_SENDABLE.has(code) ? CLOSE_NORMAL : code, reason);
  }

  #serverClosed(code: number, reason: Buffer): void {
    if (CLOSE_NOT_SENDABLE.has(code)) {
      const error = new SkerryError('LOCATION_UNAVAILABLE', { location: this.#parts.server.location });
      this.#parts.server.suspect();
      this.close(code === 1005 ? CLOSE_GOING_AWAY : CLOSE_INTERNAL, `${error.code}: ${error.message}`);
    } else {
      this.close(code, reason.toString());
    }
  }

  #resumeClient(): void {
    if (this.#judging === 0 && this.#parts.upstream.bufferedAmount <= UNSENT_MAX_BYTES) {
      this.#parts.client.resume();
    }
  }
}

interface Failure {
  readonly failure: ErrorCode;
  readonly message: string;
}

function refused(failure: ErrorCode): Failure {
  return { failure, message: ERRORS[failure].message };
}

/** Sends on; while the receiver is slow, the sender is not read. */
function pass(
  from: WebSocket,
  to: WebSocket,
  data: Buffer,
  isBinary: boolean,
  resume: () => void = () => from.resume(),
): void {
  if (to.readyState !== WebSocket.OPEN) {
    return;
  }
  if (to.bufferedAmount <= UNSENT_MAX_BYTES) {
    to.send(data, { binary: isBinary });
    return;
  }
  from.pause();
  // Also called when the socket fails; what comes of that is seen by whoever waits for its close.
  to.send(data, { binary: isBinary }, resume);
}

function readHello(data: Buffer, isBinary: boolean, protocol: SocketProtocol): { jwt: string | null } | undefined {
  if (data.length > HELLO_MAX_BYTES) {
    return undefined;
  }
  const isBinaryProtocol = protocol === 'hrana3-protobuf';
  // Field 1, length-delimited: ClientMsg.hello in HRANA_3_SPEC.
  if (isBinary !== isBinaryProtocol || !(isBinary ? data[0] === 0x0a : data.includes('hello'))) {
    return undefined;
  }
  try {
    const message = isBinary ? decodeProtobuf(data) : decodeJson(data, 3);
    return message.type === 'hello' ? { jwt: message.jwt } : undefined;
  } catch {
    // The server says what is wrong with it.
    return undefined;
  }
}
