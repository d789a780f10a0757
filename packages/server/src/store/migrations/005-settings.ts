import type { Migration } from '../migrate.ts';

/** Facts of the whole installation, by name. */
export const settings: Migration = {
  version: 5,
  lowestSafeVersion: 4,
  schema: async (db) => {
    await db.schema
      .createTable('settings')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
  },
};
