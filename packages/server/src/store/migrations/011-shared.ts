import { type Kysely, sql } from 'kysely';

import type { Migration, StoreDialect } from '../migrate.ts';

/** Limits on guessing that processes share, and usage that outlives a deletion. */
export const shared: Migration = {
  version: 11,
  // A program that does not know them leaves them alone; it would only keep usage of databases that are gone.
  lowestSafeVersion: 9,
  schema: async (db, dialect) => {
    await freeUsage(db, dialect);
    await db.schema
      .createTable('attempts')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('count', 'bigint', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .execute();
  },
};

/** The rows went with the database's; those of a deleted one are wanted again when it is restored. */
async function freeUsage(db: Kysely<unknown>, dialect: StoreDialect): Promise<void> {
  if (dialect === 'postgres') {
    await db.schema.alterTable('usage_hours').dropConstraint('usage_hours_database_id_fkey').execute();
    return;
  }
  // SQLite takes a reference away only with its table.
  await db.schema
    .createTable('usage_hours_free')
    .addColumn('database_id', 'text', (column) => column.notNull())
    .addColumn('location', 'text', (column) => column.notNull())
    .addColumn('hour_ms', 'bigint', (column) => column.notNull())
    .addColumn('rows_read', 'bigint', (column) => column.notNull())
    .addColumn('rows_written', 'bigint', (column) => column.notNull())
    .addColumn('bytes_synced', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('usage_hours_key', ['database_id', 'location', 'hour_ms'])
    .execute();
  await sql`insert into usage_hours_free
    select database_id, location, hour_ms, rows_read, rows_written, bytes_synced from usage_hours`.execute(db);
  await db.schema.dropTable('usage_hours').execute();
  await db.schema.alterTable('usage_hours_free').renameTo('usage_hours').execute();
}
