/**
 * One WebSocket: greets, opens streams, and runs their requests. Requests of one stream run one after another, those of
 * different streams side by side; answers leave as they are ready. Source: Hrana 3 specification, "Hrana over
 * WebSocket", and sqld's `hrana/ws/`.
 *
 * Whatever breaks the protocol closes the socket with a code and a reason.
 *
 * @module
 */
import { HranaDecodeError } from '@skerry/hrana/shared/errors';
import type { HranaError } from '@skerry/hrana/shared/proto';
import type { ClientMsg, Request, ServerMsg } from '@skerry/hrana/ws/proto';

import type { Channel, Note } from '../../relay/channel.ts';
import type { DatabaseSettings, RightsNote, SocketHead } from '../../relay/messages.ts';
import type { Rights } from '../../relay/rights.ts';
import { callerOf } from '../caller.ts';
import type { HostServices } from '../http/request.ts';
import { toHranaError } from '../stream.ts';
import type { Caller } from '../stream.ts';
import { codecOf } from './codecs.ts';
import type { SocketCodec } from './codecs.ts';
import { SocketStreams } from './socket-streams.ts';

/** Close codes of RFC 6455 section 7.4.1. */
const CLOSE_WRONG_TYPE = 1003;
const CLOSE_MALFORMED = 1007;
const CLOSE_VIOLATION = 1008;
const CLOSE_INTERNAL = 1011;
/** Requests that may wait for their turn, and what they may weigh; more are refused, each with its own answer. */
const WAITING_MAX = 10_000;
const WAITING_MAX_BYTES = 64 * 1024 * 1024;

export class SocketSession {
  readonly #head: SocketHead;
  readonly #channel: Channel;
  readonly #services: HostServices;
  readonly #codec: SocketCodec;
  readonly #streams: SocketStreams;
  #rights: Rights | null;
  #settings: DatabaseSettings;
  #refused: HranaError | undefined;
  /** Settles when the gateway has judged the latest hello: what comes after waits for it. */
  #greeting: Promise<void> = Promise.resolve();
  /** Hellos that are not judged yet. */
  #unjudged = 0;
  #judged: ((note: RightsNote) => void) | undefined;
  #saidHello = false;
  #waiting = 0;
  #waitingBytes = 0;
  /** Settles when the client takes more answers. */
  #lastSent: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(channel: Channel, head: SocketHead, services: HostServices) {
    this.#head = head;
    this.#channel = channel;
    this.#services = services;
    this.#codec = codecOf(head.protocol);
    this.#rights = head.rights;
    this.#settings = head.settings;
    this.#streams = new SocketStreams(services, head.instance, async () => await this.#lastSent);
    channel.handlers.onMessage = (message, isBinary) => this.#received(message, isBinary);
    channel.handlers.onNote = (note) => this.#noted(note);
    channel.handlers.onEnd = () => this.#end();
    channel.handlers.onAbort = () => this.#end();
  }

  #received(message: Buffer, isBinary: boolean): void | Promise<void> {
    if (this.#isOver) {
      return undefined;
    }
    if (isBinary !== this.#codec.isBinary) {
      this.#close(CLOSE_WRONG_TYPE, `Only ${this.#codec.isBinary ? 'binary' : 'text'} messages are supported`);
      return undefined;
    }
    let decoded: ClientMsg;
    try {
      decoded = this.#codec.decode(message);
    } catch (error) {
      this.#violated(error);
      return undefined;
    }
    return decoded.type === 'hello'
      ? this.#hello(decoded.jwt)
      : this.#request(decoded.requestId, decoded.request, message.length);
  }

  #hello(jwt: string | null): void {
    if (this.#saidHello && this.#head.protocol === 'hrana1') {
      this.#close(CLOSE_VIOLATION, 'Hello message can only be sent once in protocol version 1');
      return;
    }
    this.#saidHello = true;
    this.#unjudged += 1;
    this.#greeting = this.#greet(this.#greeting, jwt).finally(() => (this.#unjudged -= 1));
  }

  async #greet(before: Promise<void>, jwt: string | null): Promise<void> {
    await before;
    const verdict = Promise.withResolvers<RightsNote>();
    this.#judged = verdict.resolve;
    this.#channel.sendNote({ type: 'authenticate', jwt });
    const note = await verdict.promise;
    this.#judged = undefined;
    this.#greeted(note);
  }

  #greeted(note: RightsNote): void {
    if (note.type === 'rights') {
      this.#granted(note);
      void this.#send({ type: 'hello_ok' });
      return;
    }
    const error = { message: `Authentication failed: ${note.message}`, code: note.code };
    void this.#send({ type: 'hello_error', error });
    this.#close(CLOSE_VIOLATION, error.message);
  }

  #noted(note: Note): void {
    if (note.type === 'rights' || note.type === 'refused') {
      if (this.#judged !== undefined) {
        this.#judged(note);
      } else if (note.type === 'rights') {
        this.#granted(note);
      } else {
        // Revoked: nothing that waits may run any more.
        this.#rights = null;
        this.#refused = { message: note.message, code: note.code };
      }
    }
  }

  #granted({ rights, settings }: Extract<RightsNote, { type: 'rights' }>): void {
    this.#rights = rights;
    this.#settings = settings ?? this.#settings;
  }

  #request(requestId: number, request: Request, sizeBytes: number): void {
    if (!this.#saidHello && this.#head.rights === null) {
      this.#close(CLOSE_VIOLATION, 'Received a request before hello message');
      return;
    }
    if (this.#waiting >= WAITING_MAX || this.#waitingBytes + sizeBytes > WAITING_MAX_BYTES) {
      const error = { message: 'Too many concurrent requests', code: 'TOO_MANY_REQUESTS' };
      void this.#send({ type: 'response_error', requestId, error });
      return;
    }
    if (request.type === 'execute' && this.#executesNow(requestId, request)) {
      return;
    }
    this.#waiting += 1;
    this.#waitingBytes += sizeBytes;
    // Requests enter their stream's queue in the order in which they came, whatever each waits for.
    let caller: Caller | undefined;
    void this.#streams
      .respond(request, this.#greeting, () => (caller = this.#caller()))
      .then(
        async (response) => await this.#send({ type: 'response_ok', requestId, response }),
        (error: unknown) => this.#failed(requestId, error),
      )
      .catch((error: unknown) => this.#violated(error))
      .finally(() => {
        caller?.budget.release();
        this.#waiting -= 1;
        this.#waitingBytes -= sizeBytes;
      });
  }

  /** False, and nothing has happened, when the statement has to wait for something. */
  #executesNow(requestId: number, request: Extract<Request, { type: 'execute' }>): boolean {
    if (this.#unjudged > 0 || !this.#channel.hasCredit) {
      return false;
    }
    let caller: Caller | undefined;
    const release = (): void => caller?.budget.release();
    const isDone = this.#services.inOrder.now(() => {
      try {
        const response = this.#streams.executeNow(request, () => (caller = this.#caller()));
        if (response === undefined) {
          return undefined;
        }
        void this.#send({ type: 'response_ok', requestId, response }).finally(release);
      } catch (error) {
        this.#failed(requestId, error);
        release();
      }
      return true;
    });
    if (isDone === undefined) {
      release();
    }
    return isDone === true;
  }

  /** Asked just before a request runs: rights may have ended while it waited. */
  #caller(): Caller {
    const rights = this.#rights;
    if (rights === null) {
      throw new AuthorizationLost(
        this.#refused ?? { message: 'Authentication is required but no JWT was specified', code: 'AUTH_JWT_MISSING' },
      );
    }
    if (rights.expiresAtMs !== null && rights.expiresAtMs <= Date.now()) {
      throw new AuthorizationLost({ message: 'The JWT has expired', code: 'AUTH_JWT_EXPIRED' });
    }
    const { instance } = this.#head;
    return callerOf(
      { instance, settings: this.#settings },
      rights,
      { channelId: this.#channel.id, isMovable: () => false },
      this.#services,
    );
  }

  #failed(requestId: number, error: unknown): void {
    if (error instanceof HranaDecodeError) {
      this.#violated(error);
    } else if (error instanceof AuthorizationLost) {
      void this.#send({ type: 'response_error', requestId, error: error.reason });
    } else {
      try {
        void this.#send({ type: 'response_error', requestId, error: toHranaError(error) });
      } catch (unexpected) {
        this.#violated(unexpected);
      }
    }
  }

  #violated(error: unknown): void {
    if (error instanceof HranaDecodeError) {
      this.#close(error.kind === 'malformed' ? CLOSE_MALFORMED : CLOSE_VIOLATION, error.message);
      return;
    }
    this.#services.fault(this.#channel.id, error);
    this.#close(CLOSE_INTERNAL, 'Internal server error');
  }

  /** Resolves when the client takes more. */
  async #send(message: ServerMsg): Promise<void> {
    if (!this.#isOver) {
      this.#lastSent = this.#channel.sendMessage(this.#codec.encode(message));
      await this.#lastSent;
    }
  }

  #close(code: number, reason: string): void {
    if (!this.#isOver) {
      this.#channel.sendNote({ type: 'close', code, reason });
      this.#end();
    }
  }

  #end(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#streams.closeAll();
      this.#channel.end();
    }
  }
}

/** The right to the database ended on an open socket. */
class AuthorizationLost extends Error {
  readonly reason: HranaError;

  constructor(reason: HranaError) {
    super(reason.message);
    this.reason = reason;
  }
}
