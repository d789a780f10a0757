/**
 * One HTTP request on its way through the hosts: handed to one, perhaps to a second when the first is busy, and moved
 * to another when its host dies before it began.
 *
 * A write runs at most once. A second host gets a request only as a `readOnlyRetry`, which it declines unless all of it
 * is a read in autocommit; and a request moves only when the work cell of the dead host says that it never started.
 *
 * @module
 */
import { PEER_GONE } from '../relay/channel.ts';
import type { Channel } from '../relay/channel.ts';
import type { Bytes } from '../relay/frames.ts';
import type { HttpHead, HttpReply } from '../relay/messages.ts';
import type { HostProcess } from './host-process.ts';

/** Why no answer comes. */
export type RelayFailure =
  /** The statement ran past its limit and its host was ended. */
  | 'statement_timeout'
  /** The host died while the request ran: what it did in autocommit before may have taken effect. */
  | 'host_lost'
  /** The request belongs to a stream that died with its host, and did not run. */
  | 'stream_lost';

/** Receives the answer: `reply` once, then `data` until `end`; or `failed` once, instead or amid the body. */
export interface ExchangeSink {
  reply(head: HttpReply, body: Buffer, ended: boolean): void;
  data(bytes: Buffer): void | Promise<void>;
  end(): void;
  failed(failure: RelayFailure): void;
}

/** A body that the gateway does not hold: sent piece by piece once the channel is open. */
export type BodySource = (channel: Channel) => void;

export interface ExchangeRequest {
  readonly head: HttpHead;
  /** The whole body, or where it comes from. Only a whole body can be handed to a second host. */
  readonly body: Bytes | BodySource;
  /** The request continues a stream, which lives in one host. */
  readonly hasBaton: boolean;
  readonly sink: ExchangeSink;
}

interface Attempt {
  readonly host: HostProcess;
  readonly channel: Channel;
  readonly readOnlyRetry: boolean;
}

const MOVES_MAX = 3;

export class Exchange {
  readonly #request: ExchangeRequest;
  readonly #pickHost: (databaseId: string, avoid?: HostProcess) => HostProcess;
  readonly #attempts = new Set<Attempt>();
  #answeredBy: Attempt | undefined;
  #moves = 0;
  #retried = false;
  #over = false;

  constructor(request: ExchangeRequest, pickHost: (databaseId: string, avoid?: HostProcess) => HostProcess) {
    this.#request = request;
    this.#pickHost = pickHost;
  }

  /** The request may be tried by a second host while its first is busy. */
  get mayRetry(): boolean {
    return (
      !this.#over &&
      !this.#retried &&
      this.#answeredBy === undefined &&
      !this.#request.hasBaton &&
      typeof this.#request.body !== 'function'
    );
  }

  start(host: HostProcess): void {
    this.#attempt(host, false);
  }

  /** The first host is busy: let another answer if the request is a plain read. */
  retryElsewhere(busy: HostProcess): void {
    const { databaseId } = this.#request.head.instance;
    const other = busy.openStreams.has(databaseId) ? busy : this.#pickHost(databaseId, busy);
    if (other !== busy) {
      this.#retried = true;
      this.#attempt(other, true);
    }
  }

  /** The client is gone: whatever runs for it is to be rolled back. */
  cancel(): void {
    this.#over = true;
    for (const attempt of this.#attempts) {
      this.#finish(attempt);
      attempt.channel.abort('the client is gone');
    }
  }

  #attempt(host: HostProcess, readOnlyRetry: boolean): void {
    const { head, body } = this.#request;
    const streamed = typeof body === 'function';
    const channel = host.open(readOnlyRetry ? { ...head, readOnlyRetry } : head, streamed ? '' : body, !streamed);
    const attempt: Attempt = { host, channel, readOnlyRetry };
    this.#attempts.add(attempt);
    host.exchanges.add(this);
    channel.onReply = (reply, replyBody, ended) => this.#replied(attempt, reply as HttpReply, replyBody, ended);
    channel.onData = (bytes) => (this.#over ? undefined : this.#request.sink.data(bytes));
    channel.onEnd = () => this.#ended(attempt);
    channel.onAbort = (reason) => void this.#aborted(attempt, reason);
    if (streamed) {
      body(channel);
    }
  }

  #replied(attempt: Attempt, reply: HttpReply, body: Buffer, ended: boolean): void {
    if (reply.declined === true || this.#over || this.#answeredBy !== undefined) {
      this.#finish(attempt);
      return;
    }
    this.#answeredBy = attempt;
    for (const other of this.#attempts) {
      if (other !== attempt) {
        this.#finish(other);
        other.channel.abort('another host has answered');
      }
    }
    if (ended) {
      this.#over = true;
      this.#finish(attempt);
    }
    this.#request.sink.reply(reply, body, ended);
  }

  #ended(attempt: Attempt): void {
    this.#finish(attempt);
    if (this.#answeredBy === attempt && !this.#over) {
      this.#over = true;
      this.#request.sink.end();
    }
  }

  async #aborted(attempt: Attempt, reason: string): Promise<void> {
    this.#finish(attempt);
    if (reason !== PEER_GONE) {
      this.#settleLoss(attempt, 'host_lost');
      return;
    }
    const { cause, work } = await attempt.host.exited;
    if (attempt.channel.id > work.highestStarted && this.#answeredBy === undefined) {
      this.#move(attempt);
    } else if (cause === 'deadline' && work.running === attempt.channel.id) {
      this.#settleLoss(attempt, 'statement_timeout');
    } else {
      this.#settleLoss(attempt, 'host_lost');
    }
  }

  /** The host died before this request began. */
  #move(attempt: Attempt): void {
    if (this.#over || attempt.readOnlyRetry) {
      return;
    }
    if (this.#request.hasBaton) {
      this.#settleLoss(attempt, 'stream_lost');
    } else if (typeof this.#request.body === 'function' || this.#moves >= MOVES_MAX) {
      this.#settleLoss(attempt, 'host_lost');
    } else {
      this.#moves += 1;
      this.#attempt(this.#pickHost(this.#request.head.instance.databaseId), false);
    }
  }

  #settleLoss(attempt: Attempt, failure: RelayFailure): void {
    const answersElsewhere = this.#answeredBy !== undefined && this.#answeredBy !== attempt;
    if (!this.#over && !answersElsewhere && !(attempt.readOnlyRetry && this.#attempts.size > 0)) {
      this.#over = true;
      this.#request.sink.failed(failure);
    }
  }

  #finish(attempt: Attempt): void {
    if (this.#attempts.delete(attempt)) {
      attempt.host.exchanges.delete(this);
    }
  }
}
