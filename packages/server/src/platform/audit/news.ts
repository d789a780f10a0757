/**
 * Tells what is new in an organization's audit log while somebody listens.
 *
 * The log itself is the source: what is told was committed, whichever process wrote it, and nothing is told that was
 * rolled back. A nudge after each change made here spares the wait; what others wrote is found by looking again.
 *
 * @module
 */
import type { Kysely } from 'kysely';

import type { Tables } from '../../store/tables.ts';
import { timeOrderedId } from '../ids.ts';

/** Looking costs one indexed query for each listener. */
const LOOK_AGAIN_MS = 2000;
const ENTRIES_AT_ONCE = 100;

export interface NewEntry {
  readonly code: string;
  readonly createdAtMs: number;
}

export class AuditNews {
  readonly #db: Kysely<Tables>;
  readonly #now: () => number;
  readonly #waiting = new Set<() => void>();
  #isEnded = false;

  constructor(db: Kysely<Tables>, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** Something was changed, or may have been. */
  nudge(): void {
    for (const wake of this.#waiting) {
      wake();
    }
  }

  /** Ends all that listen: the server stops. */
  end(): void {
    this.#isEnded = true;
    this.nudge();
  }

  /** What is new since the call, at each look; often nothing. Ends with the signal. */
  async *follow(organizationId: string, signal: AbortSignal): AsyncGenerator<NewEntry[]> {
    let last = await this.#newest();
    yield [];
    while (!signal.aborted && !this.#isEnded) {
      await this.#wait(signal);
      const rows = await this.#db
        .selectFrom('audit_log')
        .where('organization_id', '=', organizationId)
        .where('id', '>', last)
        .select(['id', 'code', 'created_at_ms'])
        .orderBy('id')
        .limit(ENTRIES_AT_ONCE)
        .execute();
      last = rows.at(-1)?.id ?? last;
      yield rows.map((row) => ({ code: row.code, createdAtMs: row.created_at_ms }));
    }
  }

  /** Ids grow with every entry, also across organizations. */
  async #newest(): Promise<string> {
    const row = await this.#db.selectFrom('audit_log').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
    return row?.id ?? timeOrderedId(this.#now() - 1);
  }

  async #wait(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, LOOK_AGAIN_MS);
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted || this.#isEnded) {
        wake();
      }
    });
  }
}
