/**
 * Makes a user with all that belongs to one: a personal organization, whose slug is the username, and, if wanted, an API
 * token.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import type { Transaction } from 'kysely';

import type { Tables } from '../../store/tables.ts';
import { insertApiToken } from '../api-tokens/service.ts';
import { recordAudit } from '../audit/store.ts';
import { insertOrganization } from '../organizations/creation.ts';

const FIRST_TOKEN_NAME = 'first';

export interface NewUser {
  readonly username: string;
  readonly email: string;
  /** Primary location of the group in the personal organization. */
  readonly location: string;
  /** The first API token, in clear; without, the user has none. */
  readonly token?: string;
  readonly isOperator?: boolean;
  readonly nowMs: number;
}

/** Answers the id. A taken name violates a unique index. */
export async function insertUser(transaction: Transaction<Tables>, user: NewUser): Promise<string> {
  const { username, email, location, token, isOperator = false, nowMs } = user;
  const userId = randomUUID();
  await transaction
    .insertInto('users')
    .values({ id: userId, username, name: username, email, is_operator: isOperator ? 1 : 0, created_at_ms: nowMs })
    .execute();
  const organizationId = await insertOrganization(transaction, {
    ownerId: userId,
    slug: username,
    name: 'personal',
    type: 'personal',
    location,
    nowMs,
  });
  await recordAudit(transaction, {
    organizationId,
    actor: { username, origin: 'web' },
    code: 'user-signup',
    message: `user ${username} signed up`,
    nowMs,
  });
  if (token !== undefined) {
    const limits = { organizationId: null, groupId: null, scopes: null };
    await insertApiToken(transaction, { userId, name: FIRST_TOKEN_NAME, token, limits, nowMs });
  }
  return userId;
}
