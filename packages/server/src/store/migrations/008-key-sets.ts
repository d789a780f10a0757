import type { Migration } from '../migrate.ts';
import { announceKeySets } from '../postgres/triggers.ts';

/** Key sets of outside issuers, whose tokens open an organization's databases. */
export const keySets: Migration = {
  version: 8,
  // A program that does not know them refuses those tokens.
  lowestSafeVersion: 6,
  schema: async (db, dialect) => {
    await db.schema
      .createTable('key_sets')
      .addColumn('organization_id', 'text', (column) =>
        column.notNull().references('organizations.id').onDelete('cascade'),
      )
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('url', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('key_sets_key', ['organization_id', 'name'])
      .execute();
    if (dialect === 'postgres') {
      await announceKeySets(db);
    }
  },
};
