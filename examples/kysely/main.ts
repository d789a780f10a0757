/**
 * Kysely's libSQL dialect makes a schema, queries it with types, and rolls a transaction back.
 *
 * @module
 */
import assert from 'node:assert/strict';

import { LibsqlDialect } from '@libsql/kysely-libsql';
import { Kysely, sql } from 'kysely';
import type { Generated } from 'kysely';

import { withDatabase } from '../skerry.ts';

interface Tables {
  rivers: { id: Generated<number>; name: string; lengthKm: number };
}

await withDatabase('kysely', async ({ url, authToken }) => {
  const db = new Kysely<Tables>({ dialect: new LibsqlDialect({ url, authToken }) });
  try {
    await db.schema
      .createTable('rivers')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('lengthKm', 'integer', (column) => column.notNull().check(sql`"lengthKm" > 0`))
      .execute();
    await db
      .insertInto('rivers')
      .values([
        { name: 'Nile', lengthKm: 6650 },
        { name: 'Amazon', lengthKm: 6400 },
        { name: 'Yangtze', lengthKm: 6300 },
      ])
      .execute();

    await assert.rejects(
      db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('rivers').where('name', '=', 'Nile').execute();
        await transaction.insertInto('rivers').values({ name: 'Nowhere', lengthKm: -1 }).execute();
      }),
      /CHECK constraint failed/,
    );

    const longest = await db.selectFrom('rivers').select(['name', 'lengthKm']).orderBy('lengthKm', 'desc').execute();
    console.table(longest);
    assert.deepEqual(longest[0], { name: 'Nile', lengthKm: 6650 });
    assert.deepEqual(
      (await db.introspection.getTables()).map((table) => table.name),
      ['rivers'],
    );
  } finally {
    await db.destroy();
  }
});
