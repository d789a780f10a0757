import { sql } from 'kysely';

import type { Migration } from '../migrate.ts';

/** How far the times of a group's tokens have come, so that a rotation lies after all of them whatever clocks say. */
export const groupTokenTimes: Migration = {
  version: 12,
  // A program that does not know it judges by its clock, as before.
  lowestSafeVersion: 9,
  schema: async (db) => {
    await db.schema
      .alterTable('groups')
      .addColumn('last_token_ms', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
  },
  data: async (db) => {
    await sql`update groups set last_token_ms = coalesce(
      (select max(group_tokens_refused_until_ms) from databases where databases.group_id = groups.id), 0)`.execute(db);
  },
};
