/**
 * The streams of HTTP clients between their requests.
 *
 * A baton is spent when it is used: a request takes the stream out and the answer carries another one. A stream that has
 * been idle for too long is closed; that it was is remembered for some minutes, for a clearer answer.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { Databases } from '../instances/databases.ts';
import type { EndReason } from '../instances/holders.ts';
import type { BatonSigner } from '../relay/baton.ts';
import type { InstanceRef } from '../relay/messages.ts';
import { endedError, Stream } from './stream.ts';

/** As sqld: after this time an expired stream's baton is simply unknown. */
const REMEMBER_ENDED_MS = 300_000;
/** Of more than so many the oldest are forgotten sooner: they are remembered for a word only. */
const REMEMBERED_MAX = 10_000;
const SWEEP_MS = 1_000;

interface Kept {
  readonly stream: Stream;
  readonly streamId: number;
  sequence: number;
}

/** What remains of a stream that was ended. */
interface Remembered {
  readonly instance: InstanceRef;
  readonly reason: EndReason;
  readonly untilMs: number;
}

export interface StreamStoreOptions {
  readonly hostId: number;
  readonly signer: BatonSigner;
  readonly idleMs: number;
}

export class StreamStore {
  readonly #databases: Databases;
  readonly #options: StreamStoreOptions;
  readonly #kept = new Map<number, Kept>();
  readonly #remembered = new Map<number, Remembered>();
  #nextId = 1;
  #timer: NodeJS.Timeout | undefined;

  constructor(databases: Databases, options: StreamStoreOptions) {
    this.#databases = databases;
    this.#options = options;
  }

  /**
   * The stream of a baton, or a new one without. Give it back with `keep` or close it.
   *
   * @throws {SkerryError} for a baton that does not name a stream that may be used by this request
   */
  take(baton: string | null, instance: InstanceRef): Taken {
    if (baton === null) {
      return new Taken(this, new Stream(this.#databases, instance), undefined);
    }
    const kept = this.#find(baton, instance);
    kept.sequence += 1;
    return new Taken(this, kept.stream, kept);
  }

  /** The next baton of a stream. */
  keep(stream: Stream, known: Kept | undefined): string {
    const { hostId, signer } = this.#options;
    const kept = known ?? { stream, streamId: this.#nextId, sequence: 0 };
    if (known === undefined) {
      this.#nextId += 1;
      this.#kept.set(kept.streamId, kept);
      this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS);
    }
    return signer.sign({ hostId, streamId: kept.streamId, sequence: kept.sequence });
  }

  forget(kept: Kept): void {
    this.#kept.delete(kept.streamId);
  }

  closeAll(): void {
    clearInterval(this.#timer);
    for (const { stream } of this.#kept.values()) {
      stream.close();
    }
    this.#kept.clear();
    this.#remembered.clear();
  }

  #find(text: string, instance: InstanceRef): Kept {
    const baton = this.#options.signer.verify(text);
    if (baton === undefined) {
      throw new SkerryError('BATON_INVALID');
    }
    if (baton.hostId !== this.#options.hostId) {
      throw new SkerryError('STREAM_LOST');
    }
    const kept = this.#kept.get(baton.streamId);
    const remembered = this.#remembered.get(baton.streamId);
    const own = kept?.stream.instance ?? remembered?.instance;
    if (own?.databaseId !== instance.databaseId || own.location !== instance.location) {
      throw new SkerryError('BATON_INVALID');
    }
    if (kept === undefined) {
      throw remembered === undefined ? new SkerryError('BATON_INVALID') : endedError(remembered.reason);
    }
    if (kept.stream.isBusy || kept.sequence !== baton.sequence) {
      throw new SkerryError('BATON_REUSED');
    }
    if (kept.stream.ended !== undefined) {
      throw endedError(kept.stream.ended);
    }
    return kept;
  }

  #sweep(): void {
    const nowMs = Date.now();
    for (const { stream, streamId } of this.#kept.values()) {
      const quietMs = nowMs - stream.lastUsedMs;
      if (stream.isBusy) {
        continue;
      }
      if (stream.ended === undefined && quietMs >= this.#options.idleMs) {
        stream.end('expired');
      }
      if (stream.ended !== undefined) {
        this.#kept.delete(streamId);
        const { instance, ended: reason } = stream;
        this.#remembered.set(streamId, { instance, reason, untilMs: nowMs + REMEMBER_ENDED_MS });
      }
    }
    // In the order in which they ended.
    for (const [streamId, { untilMs }] of this.#remembered) {
      if (untilMs > nowMs && this.#remembered.size <= REMEMBERED_MAX) {
        break;
      }
      this.#remembered.delete(streamId);
    }
    if (this.#kept.size + this.#remembered.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}

/** A stream while one request uses it. */
export class Taken {
  readonly stream: Stream;
  readonly #store: StreamStore;
  readonly #kept: Kept | undefined;

  constructor(store: StreamStore, stream: Stream, kept: Kept | undefined) {
    this.#store = store;
    this.stream = stream;
    this.#kept = kept;
  }

  /** The baton for the next request; null when the stream is over. */
  giveBack(): string | null {
    if (this.stream.ended === undefined) {
      return this.#store.keep(this.stream, this.#kept);
    }
    this.close();
    return null;
  }

  close(): void {
    this.stream.close();
    if (this.#kept !== undefined) {
      this.#store.forget(this.#kept);
    }
  }
}
