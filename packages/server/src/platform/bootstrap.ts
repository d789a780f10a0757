/**
 * Makes what a new store needs before anybody can use it, in one transaction: an owner, their personal organization, its
 * group `default`, and the first API token.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import type { Transaction } from 'kysely';

import { newApiToken } from '../access/api-tokens.ts';
import type { Tables } from '../store/tables.ts';
import { insertApiToken } from './api-tokens/service.ts';
import { recordAudit } from './audit/store.ts';
import { insertGroup } from './groups/service.ts';
import type { Parts } from './parts.ts';

const FIRST_TOKEN_NAME = 'first';
export const DEFAULT_GROUP = 'default';

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
  const location = [...parts.locations.keys()][0];
  if (location === undefined) {
    throw new Error('no location is configured');
  }
  const anybody = await parts.db.selectFrom('users').select('id').limit(1).executeTakeFirst();
  if (anybody !== undefined) {
    return undefined;
  }
  const token = newApiToken();
  await keepToken(token);
  const nowMs = parts.now();
  await parts.db
    .transaction()
    .execute(async (transaction) => await insertUser(transaction, { username: owner, location, token, nowMs }));
  return token;
}

/** A user with all that belongs to one. */
export async function insertUser(
  transaction: Transaction<Tables>,
  user: { readonly username: string; readonly location: string; readonly token: string; readonly nowMs: number },
): Promise<void> {
  const { username, location, token, nowMs } = user;
  const userId = randomUUID();
  const organizationId = randomUUID();
  await transaction
    .insertInto('users')
    .values({ id: userId, username, name: username, email: '', created_at_ms: nowMs })
    .execute();
  await transaction
    .insertInto('organizations')
    .values({ id: organizationId, slug: username, name: 'personal', type: 'personal', created_at_ms: nowMs })
    .execute();
  await transaction
    .insertInto('memberships')
    .values({ organization_id: organizationId, user_id: userId, role: 'owner', created_at_ms: nowMs })
    .execute();
  await insertGroup(transaction, { organizationId, name: DEFAULT_GROUP, location, extensions: [], nowMs });
  await recordAudit(transaction, {
    organizationId,
    actor: { username, origin: 'web' },
    code: 'user-signup',
    message: `user ${username} signed up`,
    nowMs,
  });
  const limits = { organizationId: null, groupId: null, scopes: null };
  await insertApiToken(transaction, { userId, name: FIRST_TOKEN_NAME, token, limits, nowMs });
}
