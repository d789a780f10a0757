import type { Migration } from '../migrate.ts';

/** How embedded replicas of a database are told to copy it. */
export const syncProtocol: Migration = {
  version: 7,
  lowestSafeVersion: 6,
  schema: async (db) => {
    await db.schema
      .alterTable('databases')
      .addColumn('sync_protocol', 'text', (column) => column.notNull().defaultTo('v2'))
      .execute();
  },
};
