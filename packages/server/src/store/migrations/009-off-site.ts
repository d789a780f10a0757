import type { Migration } from '../migrate.ts';

export const offSite: Migration = {
  version: 9,
  // A program that does not know it would acknowledge what is not stored.
  lowestSafeVersion: 9,
  schema: async (db) => {
    await db.schema
      .alterTable('databases')
      .addColumn('off_site', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  },
};
