/**
 * Takes away what deleted databases left on disk.
 *
 * A database is gone for everybody once its records are deleted; in the same transaction a row in `removals` says that
 * the engine still has to remove the files, and which process does it. So a crash, or an engine that fails, can only
 * delay that.
 *
 * @module
 */
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';

import type { Engine } from '../placement/engine.ts';
import type { Coordination } from '../store/coordination.ts';
import type { Tables } from '../store/tables.ts';
import { forEachLimited } from './limited.ts';

const AT_ONCE = 8;

export class Removals {
  readonly #db: Kysely<Tables>;
  readonly #workerId: string;
  readonly #engine: Engine;
  readonly #log: Logger;
  readonly #atWork = new Set<string>();

  constructor(parts: {
    readonly db: Kysely<Tables>;
    readonly coordination: Pick<Coordination, 'workerId'>;
    readonly engine: Engine;
    readonly log: Logger;
  }) {
    this.#db = parts.db;
    this.#workerId = parts.coordination.workerId;
    this.#engine = parts.engine;
    this.#log = parts.log;
  }

  /**
   * Never fails: what cannot be removed now stays noted, for `retry` or the next start.
   *
   * @param location of their primaries, where it is known
   */
  async finish(databaseIds: readonly string[], location?: string): Promise<void> {
    await forEachLimited(databaseIds, AT_ONCE, async (databaseId) => {
      this.#atWork.add(databaseId);
      try {
        await this.#engine.dropDatabase(databaseId, location);
        await this.#db.deleteFrom('removals').where('database_id', '=', databaseId).execute();
      } catch (error) {
        this.#log.warn({ databaseId, err: error }, 'files of a deleted database are left for later');
      } finally {
        this.#atWork.delete(databaseId);
      }
    });
  }

  /** Those that this process could not remove before. */
  async retry(): Promise<void> {
    const rows = await this.#db
      .selectFrom('removals')
      .where('worker', '=', this.#workerId)
      .select('database_id')
      .execute();
    await this.finish(rows.map(({ database_id: id }) => id).filter((id) => !this.#atWork.has(id)));
  }

  /** Those that a worker left, which is dead. */
  async takeOver(workerId: string | null): Promise<void> {
    const rows = await this.#db
      .updateTable('removals')
      .set({ worker: this.#workerId })
      .where('worker', workerId === null ? 'is' : '=', workerId)
      .returning('database_id')
      .execute();
    await this.finish(rows.map(({ database_id: id }) => id));
  }
}
