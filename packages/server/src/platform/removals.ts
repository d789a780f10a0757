/**
 * Takes away what deleted databases left on disk.
 *
 * A database is gone for everybody once its records are deleted; in the same transaction a row in `removals` says that
 * the engine still has to remove the files. So a crash, or an engine that fails, can only delay that.
 *
 * @module
 */
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';

import type { Engine } from '../placement/engine.ts';
import type { Tables } from '../store/tables.ts';
import { forEachLimited } from './limited.ts';

const AT_ONCE = 8;

export class Removals {
  readonly #db: Kysely<Tables>;
  readonly #engine: Engine;
  readonly #log: Logger;

  constructor(db: Kysely<Tables>, engine: Engine, log: Logger) {
    this.#db = db;
    this.#engine = engine;
    this.#log = log;
  }

  /** Never fails: what cannot be removed now stays noted for the next start. */
  async finish(databaseIds: Iterable<string>): Promise<void> {
    await forEachLimited(databaseIds, AT_ONCE, async (databaseId) => {
      try {
        await this.#engine.dropDatabase(databaseId);
        await this.#db.deleteFrom('removals').where('database_id', '=', databaseId).execute();
      } catch (error) {
        this.#log.warn({ databaseId, err: error }, 'files of a deleted database are left until the next start');
      }
    });
  }

  /** At start: those that an earlier run left. */
  async finishAll(): Promise<void> {
    const rows = await this.#db.selectFrom('removals').select('database_id').execute();
    await this.finish(rows.map(({ database_id: id }) => id));
  }
}
