/**
 * Makes what a new store needs before anybody can use it: its owner, with all that belongs to a user, in one
 * transaction.
 *
 * @module
 */
import { newApiToken } from '../access/api-tokens.ts';
import { defaultLocation, type Parts } from './parts.ts';
import { insertUser } from './users/creation.ts';

/**
 * @param owner username, and slug of the personal organization
 * @param keepToken awaited before the token's hash is recorded, so that no crash leaves a record whose token is lost
 * @returns the first API token in clear; undefined when the store has users already
 */
export async function bootstrap(
  parts: Parts,
  owner: string,
  keepToken: (token: string) => Promise<void>,
): Promise<string | undefined> {
  // Several processes may start at once on one new store.
  const release = await parts.coordination.lock('bootstrap', 'exclusive');
  try {
    const anybody = await parts.db.selectFrom('users').select('id').limit(1).executeTakeFirst();
    if (anybody !== undefined) {
      return undefined;
    }
    const token = newApiToken();
    await keepToken(token);
    const user = {
      username: owner,
      email: '',
      location: defaultLocation(parts),
      token,
      isOperator: true,
      nowMs: parts.now(),
    };
    await parts.db.transaction().execute(async (transaction) => await insertUser(transaction, user));
    return token;
  } finally {
    await release();
  }
}
