/**
 * One WebSocket whose messages a host answers. The host speaks Hrana; the gateway judges tokens, passes messages both ways
 * with their backpressure, and ends the socket when its right has ended.
 *
 * @module
 */
import { ERRORS, SkerryError } from '@skerry/contract/errors/catalogue';
import type { WebSocket } from 'ws';

import type { TokenVerifier } from '../access/database-tokens.ts';
import type { HostProcess } from '../placement/host-process.ts';
import type { Directory, DirectoryEntry } from '../platform/directory.ts';
import type { Channel, Note } from '../relay/channel.ts';
import type { RightsNote } from '../relay/messages.ts';
import { goOnAfter } from './authorization.ts';
import type { LiveSocket } from './live-socket.ts';

/** Close codes of RFC 6455 section 7.4.1. */
const CLOSE_NORMAL = 1000;
const CLOSE_POLICY = 1008;
const CLOSE_INTERNAL = 1011;
const CODES_NEVER_SENT = new Set([1005, 1006]);
/** Bytes unsent to a slow client beyond which the host is made to wait. */
const UNSENT_MAX_BYTES = 256 * 1024;

export interface HostSocketOptions {
  readonly verifier: TokenVerifier;
  readonly directory: Directory;
  readonly statementMs: number;
  /** How far away the database is made to seem. */
  readonly latencyMs: number;
}

export class HostSocket implements LiveSocket {
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
    options: HostSocketOptions,
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
