/**
 * People for tests.
 *
 * @module
 */
import type { Kysely } from 'kysely';

import { newApiToken } from '../../access/api-tokens.ts';
import type { Tables } from '../../store/tables.ts';
import { insertUser } from '../users/creation.ts';

/** A user as the bootstrap makes the first one; returns an API token. */
export async function addUser(db: Kysely<Tables>, username: string, location: string, nowMs: number): Promise<string> {
  const token = newApiToken();
  const user = { username, email: `${username}@example.org`, location, token, nowMs };
  await db.transaction().execute(async (transaction) => {
    await insertUser(transaction, user);
  });
  return token;
}
