import type { Kysely, Transaction } from 'kysely';

import type { Role, Tables } from '../../store/tables.ts';

export interface MemberRow {
  user_id: string;
  username: string;
  email: string;
  role: Role;
}

/** By username. */
export async function membersOf(db: Kysely<Tables>, organizationId: string): Promise<MemberRow[]> {
  return await members(db, organizationId).orderBy('u.username').execute();
}

export async function findMember(
  db: Kysely<Tables>,
  organizationId: string,
  username: string,
): Promise<MemberRow | undefined> {
  return await members(db, organizationId).where('u.username', '=', username).executeTakeFirst();
}

export async function insertMember(
  transaction: Transaction<Tables>,
  membership: { readonly organizationId: string; readonly userId: string; readonly role: Role; readonly nowMs: number },
): Promise<void> {
  await transaction
    .insertInto('memberships')
    .values({
      organization_id: membership.organizationId,
      user_id: membership.userId,
      role: membership.role,
      created_at_ms: membership.nowMs,
    })
    .execute();
}

function members(db: Kysely<Tables>, organizationId: string) {
  return db
    .selectFrom('memberships as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .where('m.organization_id', '=', organizationId)
    .select(['m.user_id', 'u.username', 'u.email', 'm.role']);
}
