import { type Kysely, sql } from 'kysely';

import type { Migration } from '../migrate.ts';

export const signIn: Migration = {
  version: 3,
  // A program that does not know these tables leaves them alone.
  lowestSafeVersion: 2,
  schema: async (db) => {
    await createPasswords(db);
    await createSessions(db);
    await db.schema
      .alterTable('users')
      .addColumn('is_operator', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  },
  // The first user is the one whom the first start made.
  data: async (db) => {
    await sql`update users set is_operator = 1
      where id = (select id from users order by created_at_ms, id limit 1)`.execute(db);
  },
};

async function createPasswords(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('passwords')
    .addColumn('user_id', 'text', (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('changed_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('password_links')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('identities')
    .addColumn('issuer', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('identities_key', ['issuer', 'subject'])
    .execute();
}

async function createSessions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('method', 'text', (column) => column.notNull())
    .addColumn('api_token_id', 'text', (column) => column.references('api_tokens.id').onDelete('cascade'))
    .addColumn('user_agent', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  await sql`create index sessions_by_user on sessions (user_id)`.execute(db);
}
