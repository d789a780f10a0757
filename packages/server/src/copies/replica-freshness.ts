/**
 * When a replica has to be copied anew: its primary has changed, and the last copy is not too recent. Copying takes the
 * host's time, so a replica that is dear to copy lags more.
 *
 * @module
 */
import { copyDatabaseFile, versionOf } from './replica-source.ts';

const PAUSE_MIN_MS = 20;
/** At most a twentieth of the host's time goes into one replica. */
const PAUSE_PER_COPY_MS = 20;

interface Known {
  version: string;
  nextCopyMs: number;
}

export class ReplicaFreshness {
  readonly #known = new Map<string, Known>();

  isStale(primary: string, replica: string): boolean {
    const known = this.#known.get(replica);
    return known === undefined || (known.nextCopyMs <= performance.now() && known.version !== versionOf(primary));
  }

  refresh(primary: string, replica: string): void {
    const begunMs = performance.now();
    const version = versionOf(primary);
    copyDatabaseFile(primary, replica);
    const endedMs = performance.now();
    const pauseMs = Math.max(PAUSE_MIN_MS, (endedMs - begunMs) * PAUSE_PER_COPY_MS);
    this.#known.set(replica, { version, nextCopyMs: endedMs + pauseMs });
  }

  forget(replica: string): void {
    this.#known.delete(replica);
  }
}
