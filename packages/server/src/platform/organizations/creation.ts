/**
 * Makes an organization with what every one has from the start: its owner, and a group `default`, because clients create
 * databases without creating a group first.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import type { Transaction } from 'kysely';

import type { Tables } from '../../store/tables.ts';
import { insertGroup } from '../groups/service.ts';

export const DEFAULT_GROUP = 'default';
/** As long as a GitHub login, which is what the hosted service uses; leaves 23 characters of a label for the database. */
const SLUG_MAX = 39;

/** Why an organization cannot have this slug, or a user this name; undefined when it can. */
export function slugProblem(slug: string): string | undefined {
  if (slug.length < 1 || slug.length > SLUG_MAX) {
    return `it must have between 1 and ${SLUG_MAX} characters`;
  }
  return /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(slug)
    ? undefined
    : 'it may contain lowercase letters, digits, and single dashes between them';
}

/** Answers the id. A taken slug violates a unique index. */
export async function insertOrganization(
  transaction: Transaction<Tables>,
  organization: {
    readonly ownerId: string;
    readonly slug: string;
    readonly name: string;
    readonly type: 'personal' | 'team';
    /** Primary location of the group. */
    readonly location: string;
    readonly nowMs: number;
  },
): Promise<string> {
  const { ownerId, slug, name, type, location, nowMs } = organization;
  const id = randomUUID();
  await transaction
    .insertInto('organizations')
    .values({ id, slug, name, type, restore_enabled: 1, created_at_ms: nowMs })
    .execute();
  await transaction
    .insertInto('memberships')
    .values({ organization_id: id, user_id: ownerId, role: 'owner', created_at_ms: nowMs })
    .execute();
  await insertGroup(transaction, { organizationId: id, name: DEFAULT_GROUP, location, extensions: [], nowMs });
  return id;
}
