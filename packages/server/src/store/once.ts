/**
 * Facts of the whole installation that its first process decides, for all that share the records.
 *
 * @module
 */
import type { Kysely } from 'kysely';

import type { Tables } from './tables.ts';

/** What `name` was first set to: now to `value`, or earlier. */
export async function settledOnce(db: Kysely<Tables>, name: string, value: string): Promise<string> {
  return await db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('settings')
      .values({ name, value })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
    const row = await transaction
      .selectFrom('settings')
      .where('name', '=', name)
      .select('value')
      .executeTakeFirstOrThrow();
    return row.value;
  });
}
