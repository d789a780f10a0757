import type { Migration } from '../migrate.ts';

/** Databases whose server may not have been told yet what the records say of them. */
export const policyChanges: Migration = {
  version: 10,
  lowestSafeVersion: 9,
  schema: async (db) => {
    await db.schema
      .createTable('policy_changes')
      .addColumn('database_id', 'text', (column) => column.primaryKey())
      .addColumn('location', 'text', (column) => column.notNull())
      .addColumn('change', 'text', (column) => column.notNull())
      .execute();
  },
};
