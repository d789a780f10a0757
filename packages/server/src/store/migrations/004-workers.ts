import type { Migration } from '../migrate.ts';
import { announceChanges } from '../postgres/triggers.ts';

/** Who is at work on what is unfinished, now that several processes may share a store. */
export const workers: Migration = {
  version: 4,
  lowestSafeVersion: 4,
  schema: async (db, dialect) => {
    for (const table of ['databases', 'group_locations', 'removals']) {
      await db.schema.alterTable(table).addColumn('worker', 'text').execute();
    }
    if (dialect === 'postgres') {
      await announceChanges(db);
    }
  },
};
