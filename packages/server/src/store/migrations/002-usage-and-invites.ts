import { type Kysely, sql } from 'kysely';

import type { Migration } from '../migrate.ts';

export const usageAndInvites: Migration = {
  version: 2,
  lowestSafeVersion: 2,
  schema: async (db) => {
    await createUsage(db);
    await createInvites(db);
    await db.schema.alterTable('organizations').addColumn('billing_customer', 'text').execute();
  },
};

async function createUsage(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('usage_hours')
    .addColumn('database_id', 'text', (column) => column.notNull().references('databases.id').onDelete('cascade'))
    .addColumn('location', 'text', (column) => column.notNull())
    .addColumn('hour_ms', 'bigint', (column) => column.notNull())
    .addColumn('rows_read', 'bigint', (column) => column.notNull())
    .addColumn('rows_written', 'bigint', (column) => column.notNull())
    .addColumn('bytes_synced', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('usage_hours_key', ['database_id', 'location', 'hour_ms'])
    .execute();
  await db.schema
    .createTable('query_hours')
    .addColumn('database_id', 'text', (column) => column.notNull().references('databases.id').onDelete('cascade'))
    .addColumn('hour_ms', 'bigint', (column) => column.notNull())
    .addColumn('query', 'text', (column) => column.notNull())
    .addColumn('rows_read', 'bigint', (column) => column.notNull())
    .addColumn('rows_written', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('query_hours_key', ['database_id', 'hour_ms', 'query'])
    .execute();
  await sql`create index query_hours_by_hour on query_hours (hour_ms)`.execute(db);
}

async function createInvites(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('invites')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('organization_id', 'text', (column) =>
      column.notNull().references('organizations.id').onDelete('cascade'),
    )
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('username', 'text')
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('invites_email', ['organization_id', 'email'])
    .execute();
}
