/**
 * One HTTP request in the host, and what its handler answers.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { Databases } from '../../instances/databases.ts';
import type { UsageReporter } from '../../instances/usage.ts';
import type { Channel } from '../../relay/channel.ts';
import type { HttpHead } from '../../relay/messages.ts';
import type { WorkCellWriter } from '../../relay/work-cell.ts';
import { callerOf } from '../caller.ts';
import type { ChangeFeed } from '../changes/change-feed.ts';
import type { InOrder } from '../in-order.ts';
import type { ResponseBudgets } from '../response-budget.ts';
import type { StreamStore } from '../stream-store.ts';
import type { Caller } from '../stream.ts';

/** What handlers use of the host. */
export interface HostServices {
  readonly databases: Databases;
  readonly streams: StreamStore;
  readonly usage: UsageReporter;
  readonly changes: ChangeFeed;
  readonly budgets: ResponseBudgets;
  readonly cell: WorkCellWriter;
  /** Requests of all clients: each must be over, or wait, before the next begins. */
  readonly inOrder: InOrder;
  /** Tells the operator what the client of a channel learns nothing of. */
  readonly fault: (channelId: number, error: unknown) => void;
  /** Sends the answers that are ready (see Mux). */
  readonly flush: () => void;
  readonly limits: {
    readonly statementMs: number;
    readonly streamIdleMs: number;
    readonly maxResponseBytes: number;
    readonly maxRowBytes: number;
    readonly maxUploadBytes: number;
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** See HttpReply. */
  readonly uploaded?: string;
}

export class HostRequest {
  readonly head: HttpHead;
  /** The whole body, or its beginning for a handler that takes it piece by piece. */
  readonly body: Buffer;
  /** The body is whole: nothing more comes on the channel. */
  readonly isWhole: boolean;
  readonly channel: Channel;
  readonly services: HostServices;
  readonly caller: Caller;
  #isAborted = false;
  readonly #onAbort: (() => void)[] = [];

  constructor(head: HttpHead, body: Buffer, isWhole: boolean, channel: Channel, services: HostServices) {
    this.head = head;
    this.body = body;
    this.isWhole = isWhole;
    this.channel = channel;
    this.services = services;
    this.caller = callerOf(
      head,
      head.rights,
      { channelId: channel.id, isMovable: () => head.isMovable && !this.hasReplied },
      services,
    );
    channel.handlers.onAbort = () => {
      this.#isAborted = true;
      for (const listener of this.#onAbort) {
        listener();
      }
    };
  }

  /** Set when it was run in one transaction with others: whether its answer holds, or it is to be run again, by itself. */
  shared: Promise<boolean> | undefined;
  /** It was, and that is lost. */
  isRepeated = false;

  /** The beginning of the answer is on its way: what fails now can only cut it off. */
  hasReplied = false;

  /** The client is gone, or another host has answered. */
  get isAborted(): boolean {
    return this.#isAborted;
  }

  onAbort(listener: () => void): void {
    this.#onAbort.push(listener);
  }

  /** The token's time is over. */
  get hasExpired(): boolean {
    const { expiresAtMs } = this.head.rights;
    return expiresAtMs !== null && expiresAtMs <= Date.now();
  }

  /** @throws {SkerryError} when the token has ended since the gateway looked at it */
  checkRights(): void {
    if (this.hasExpired) {
      throw new SkerryError('AUTH_JWT_EXPIRED');
    }
  }
}

export function json(body: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body };
}

export function text(body: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}
