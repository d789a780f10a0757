/**
 * One HTTP request on its way through the hosts: handed to one, and to another when the first is busy or dies before it
 * has begun.
 *
 * It runs at most once. A host says in its work cell that it begins a request, before it does; the gateway revokes there
 * what it takes away, before it looks whether it was begun. So at least one of the two sees the other: a request that is
 * moved was not begun, and a host that finds a request revoked declines it (relay/work-cell.ts). One that has begun and
 * only waits, for a lock as a rule, counts as not begun until something of it runs.
 *
 * @module
 */
import { PEER_GONE } from '../relay/channel.ts';
import type { Channel, ChannelHandlers } from '../relay/channel.ts';
import { type CutAnswer, readCutReason } from '../relay/cut-answer.ts';
import type { Bytes } from '../relay/frames.ts';
import type { CommandReply, HttpHead, HttpReply } from '../relay/messages.ts';
import { hasNotRun } from '../relay/work-cell.ts';
import type { Work } from '../relay/work-cell.ts';
import type { HostEnd, HostProcess } from './host-process.ts';

/** Why no answer comes. */
export type RelayFailure =
  /** The statement ran past its limit and its host was ended. */
  | 'statement_timeout'
  /** The host died while the request ran: what it did in autocommit before may have taken effect. */
  | 'host_lost'
  /** The request belongs to a stream that died with its host, and did not run. */
  | 'stream_lost'
  /** No host can be started. */
  | 'unavailable'
  /** The host gave the answer up after its beginning had left. */
  | CutAnswer;

/** Receives the answer: `reply` once, then `data` until `end`; or `failed` once, instead or amid the body. */
export interface ExchangeSink {
  reply(head: HttpReply, body: Buffer, ended: boolean): void;
  data(bytes: Buffer): void | Promise<void>;
  end(): void;
  failed(failure: RelayFailure): void;
  /** Tells the log whose request it is; asked only when something went wrong. */
  readonly logFacts: Readonly<Record<string, string>>;
}

/** A body that the gateway does not hold: sent piece by piece once the channel is open. */
export type BodySource = (channel: Channel) => void;

export interface ExchangeRequest {
  /** Movable unless `hasBaton` or the body is streamed. */
  readonly head: HttpHead;
  /** The whole body, or where it comes from. Only a whole body can be handed to a second host. */
  readonly body: Bytes | BodySource;
  /** The request continues a stream, which lives in one host. */
  readonly hasBaton: boolean;
  readonly sink: ExchangeSink;
}

export interface HostPicker {
  /** Undefined when there is none. */
  pick(databaseId: string, avoid?: HostProcess): HostProcess | undefined;
}

/** When every host is slow, moving on helps nobody: the last one keeps the request. From one that starts it always may go. */
const MOVES_MAX = 3;
/** When every host dies before it begins, the request may be what they die of. */
const TRIES_MAX = 10;

/** Handlers of a channel on which the exchange waits for nothing any more. */
const NONE: ChannelHandlers = Object.freeze({});

export class Exchange implements ChannelHandlers {
  readonly #request: ExchangeRequest;
  readonly #isMovable: boolean;
  readonly #hosts: HostPicker;
  /** Where it is now; both are set, or none. */
  #host: HostProcess | undefined;
  #channel: Channel | undefined;
  #hasAnswer = false;
  #moves = 0;

  constructor(request: ExchangeRequest, hosts: HostPicker) {
    this.#request = request;
    this.#isMovable = request.head.isMovable;
    this.#hosts = hosts;
  }

  /** @param host undefined: there is none, and the client is told so */
  start(host: HostProcess | undefined): void {
    if (host === undefined) {
      this.#request.sink.failed('unavailable');
      return;
    }
    const { head, body } = this.#request;
    const streamed = typeof body === 'function';
    const fixed = head.isMovable && host.isReady && !this.mayMove;
    const channel = host.open(fixed ? { ...head, isMovable: false } : head, streamed ? '' : body, !streamed);
    this.#host = host;
    this.#channel = channel;
    host.exchanges.add(channel.id, this);
    channel.handlers = this;
    if (streamed) {
      body(channel);
    }
  }

  get logFacts(): Readonly<Record<string, string>> {
    return this.#request.sink.logFacts;
  }

  get databaseId(): string {
    return this.#request.head.instance.databaseId;
  }

  /** Its host is busy with something else: takes the request to another, if nothing of it has run there. */
  leaveBusy(work: Work): void {
    const host = this.#host;
    const channel = this.#channel;
    if (host === undefined || channel === undefined || !this.mayMove || !hasNotRun(work, channel.id)) {
      return;
    }
    const other = this.#hosts.pick(this.databaseId, host);
    if (other !== undefined && other !== host) {
      this.#leave();
      channel.abort('another host does it');
      this.#moves += host.isReady ? 1 : 0;
      this.start(other);
    }
  }

  /** The client is gone: whatever runs for it is to be rolled back. */
  cancel(): void {
    const channel = this.#channel;
    if (channel !== undefined) {
      this.#leave();
      channel.abort('the client is gone');
    }
  }

  /** As far as the request goes; its host knows whether it has begun it. */
  get mayMove(): boolean {
    return this.#isMovable && !this.#hasAnswer && (this.#moves < MOVES_MAX || this.#host?.isReady === false);
  }

  onReply(reply: HttpReply | CommandReply, body: Buffer, ended: boolean): void {
    const { declined } = reply as HttpReply;
    if (declined === true) {
      this.#leave();
      this.#again();
      return;
    }
    this.#hasAnswer = true;
    if (ended) {
      this.#leave();
    }
    this.#request.sink.reply(reply as HttpReply, body, ended);
  }

  onData(bytes: Buffer): void | Promise<void> {
    return this.#request.sink.data(bytes);
  }

  onEnd(): void {
    if (this.#hasAnswer) {
      this.#leave();
      this.#request.sink.end();
    }
  }

  onAbort(reason: string): void {
    const host = this.#host;
    const channel = this.#channel;
    if (host === undefined || channel === undefined) {
      return;
    }
    this.#leave();
    if (reason === PEER_GONE) {
      void host.exited.then((end) => this.#hostEnded(channel.id, end));
    } else {
      this.#request.sink.failed(readCutReason(reason) ?? 'host_lost');
    }
  }

  #hostEnded(channelId: number, { cause, work }: HostEnd): void {
    const hasBegun = this.#hasAnswer || !hasNotRun(work, channelId);
    if (!hasBegun && this.#request.hasBaton) {
      this.#request.sink.failed('stream_lost');
    } else if (!hasBegun) {
      this.#again();
    } else {
      const isCulprit = cause === 'deadline' && work.running === channelId;
      this.#request.sink.failed(isCulprit ? 'statement_timeout' : 'host_lost');
    }
  }

  /** The host did not begin it. */
  #again(): void {
    if (this.#isMovable && this.#moves < TRIES_MAX) {
      this.#moves += 1;
      this.start(this.#hosts.pick(this.databaseId));
    } else {
      this.#request.sink.failed('host_lost');
    }
  }

  #leave(): void {
    if (this.#channel !== undefined) {
      this.#host?.exchanges.delete(this.#channel.id);
      this.#channel.handlers = NONE;
    }
    this.#host = undefined;
    this.#channel = undefined;
  }
}
