/**
 * The connections of embedded replicas: each names itself by a UUID with every request, and never says that it is gone.
 *
 * @module
 */
import { Stream } from '../../hrana/stream.ts';
import type { Databases } from '../../instances/databases.ts';
import type { InstanceRef } from '../../relay/messages.ts';

/** As sqld. */
const IDLE_MS = 30_000;
const SWEEP_MS = 1_000;

export class ProxyStreams {
  readonly #streams = new Map<string, Stream>();
  #timer: NodeJS.Timeout | undefined;

  /** The client's stream; a new one when it has none, or when it was ended and nothing was lost by that. */
  get(databases: Databases, instance: InstanceRef, clientId: string): Stream {
    const key = `${instance.databaseId}/${clientId}`;
    let stream = this.#streams.get(key);
    if (stream === undefined || stream.ended !== undefined) {
      // Statements may write: they run on the primary, whichever instance was asked.
      stream = new Stream(databases, { ...instance, role: 'primary' });
      this.#streams.set(key, stream);
      this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    }
    return stream;
  }

  #sweep(): void {
    const sinceMs = Date.now() - IDLE_MS;
    for (const [key, stream] of this.#streams) {
      if (stream.ended !== undefined || (!stream.isBusy && stream.lastUsedMs < sinceMs)) {
        stream.end('expired');
        this.#streams.delete(key);
      }
    }
    if (this.#streams.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}
