import { type Kysely, sql } from 'kysely';

import type { Migration } from '../migrate.ts';

export const initial: Migration = {
  version: 1,
  lowestSafeVersion: 1,
  schema: async (db) => {
    await createPeople(db);
    await createGroups(db);
    await createDatabases(db);
    await createRecords(db);
  },
};

async function createPeople(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('username', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('organizations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('slug', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('overages', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('require_mfa', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('restore_enabled', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('memberships')
    .addColumn('organization_id', 'text', (column) =>
      column.notNull().references('organizations.id').onDelete('cascade'),
    )
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('memberships_key', ['organization_id', 'user_id'])
    .execute();
  await index(db, 'memberships', ['user_id']);
}

async function createGroups(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('groups')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organization_id', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('primary_location', 'text', (column) => column.notNull())
    .addColumn('delete_protection', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('extensions', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('groups_name', ['organization_id', 'name'])
    .execute();
  await db.schema
    .createTable('group_locations')
    .addColumn('group_id', 'text', (column) => column.notNull().references('groups.id').onDelete('cascade'))
    .addColumn('location', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('group_locations_key', ['group_id', 'location'])
    .execute();
  await db.schema
    .createTable('api_tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('organization_id', 'text', (column) => column.references('organizations.id').onDelete('cascade'))
    .addColumn('group_id', 'text', (column) => column.references('groups.id').onDelete('cascade'))
    .addColumn('scopes', 'text')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint')
    .addUniqueConstraint('api_tokens_name', ['user_id', 'name'])
    .execute();
  await index(db, 'api_tokens', ['organization_id']);
  await index(db, 'api_tokens', ['group_id']);
}

async function createDatabases(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('databases')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organization_id', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('group_id', 'text', (column) => column.notNull().references('groups.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('size_limit_bytes', 'bigint')
    .addColumn('block_reads', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('block_writes', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('allow_attach', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('delete_protection', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('allowed_ips', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('allowed_aws_vpc_ids', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('awaiting_upload', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('parent_id', 'text')
    .addColumn('parent_name', 'text')
    .addColumn('branched_at_ms', 'bigint')
    .addColumn('group_tokens_refused_until_ms', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('databases_name', ['organization_id', 'name'])
    .execute();
  await index(db, 'databases', ['group_id', 'allow_attach']);
  await index(db, 'databases', ['parent_id']);
  // Both are nearly empty at all times, and recovery reads them at every start.
  await sql`create index databases_creating on databases (id) where state = 'creating'`.execute(db);
  await db.schema
    .createTable('database_labels')
    .addColumn('label', 'text', (column) => column.primaryKey())
    .addColumn('database_id', 'text', (column) => column.notNull().references('databases.id').onDelete('cascade'))
    .addColumn('is_current', 'integer', (column) => column.notNull())
    .execute();
  await index(db, 'database_labels', ['database_id']);
  await db.schema
    .createTable('instances')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('database_id', 'text', (column) => column.notNull().references('databases.id').onDelete('cascade'))
    .addColumn('location', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('ready', 'integer', (column) => column.notNull())
    .addUniqueConstraint('instances_location', ['database_id', 'location'])
    .execute();
  await sql`create unique index instances_primary on instances (database_id) where role = 'primary'`.execute(db);
  await db.schema
    .createTable('removals')
    .addColumn('database_id', 'text', (column) => column.primaryKey())
    .addColumn('requested_at_ms', 'bigint', (column) => column.notNull())
    .execute();
}

async function createRecords(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('token_keys')
    .addColumn('owner_id', 'text', (column) => column.primaryKey())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('public_key', 'text', (column) => column.notNull())
    .addColumn('private_key', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('audit_log')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organization_id', 'text', (column) =>
      column.notNull().references('organizations.id').onDelete('cascade'),
    )
    .addColumn('code', 'text', (column) => column.notNull())
    .addColumn('message', 'text', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('author', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  await index(db, 'audit_log', ['organization_id', 'created_at_ms']);
}

async function index(db: Kysely<unknown>, tableName: string, columns: readonly string[]): Promise<void> {
  await db.schema
    .createIndex(`${tableName}_by_${columns.join('_')}`)
    .on(tableName)
    .columns([...columns])
    .execute();
}
