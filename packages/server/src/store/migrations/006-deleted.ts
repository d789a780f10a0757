import { type Kysely, sql } from 'kysely';

import type { Migration } from '../migrate.ts';

export const deleted: Migration = {
  version: 6,
  // A program that does not know them would leave the files of what is kept here for ever.
  lowestSafeVersion: 6,
  schema: async (db) => {
    await createDeleted(db, 'deleted_databases', true);
    await createDeleted(db, 'deleted_groups', false);
  },
  // Nobody could choose before.
  data: async (db) => {
    await sql`update organizations set restore_enabled = 1`.execute(db);
  },
};

/** Without references: what they would refer to may be gone as well. */
async function createDeleted(db: Kysely<unknown>, table: string, isDatabases: boolean): Promise<void> {
  let create = db.schema
    .createTable(table)
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organization_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('records', 'text', (column) => column.notNull())
    .addColumn('deleted_at_ms', 'bigint', (column) => column.notNull());
  if (isDatabases) {
    create = create
      .addColumn('group_id', 'text', (column) => column.notNull())
      .addColumn('shown', 'text', (column) => column.notNull())
      .addColumn('group_deleted_at_ms', 'bigint');
  }
  await create.execute();
  for (const columns of [['organization_id', 'deleted_at_ms'], ['deleted_at_ms']]) {
    await db.schema
      .createIndex(`${table}_by_${columns.join('_')}`)
      .on(table)
      .columns(columns)
      .execute();
  }
}
