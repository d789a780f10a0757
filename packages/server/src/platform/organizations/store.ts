import type { Kysely, Selectable } from 'kysely';

import type { OrganizationsTable, Role, Tables } from '../../store/tables.ts';
import { isUuid } from '../ids.ts';

export type OrganizationRow = Selectable<OrganizationsTable>;

const COLUMNS = [
  'o.id',
  'o.slug',
  'o.name',
  'o.type',
  'o.overages',
  'o.require_mfa',
  'o.restore_enabled',
  'o.billing_customer',
  'o.created_at_ms',
] as const;

export async function findOrganization(db: Kysely<Tables>, slugOrId: string): Promise<OrganizationRow | undefined> {
  const organizations = db.selectFrom('organizations as o').select(COLUMNS);
  // A slug may look like a UUID; an id always does.
  return (
    (await organizations.where('o.slug', '=', slugOrId).executeTakeFirst()) ??
    (isUuid(slugOrId) ? await organizations.where('o.id', '=', slugOrId.toLowerCase()).executeTakeFirst() : undefined)
  );
}

export async function findPersonalOrganization(
  db: Kysely<Tables>,
  userId: string,
): Promise<OrganizationRow | undefined> {
  return await db
    .selectFrom('organizations as o')
    .innerJoin('memberships as m', 'm.organization_id', 'o.id')
    .where('m.user_id', '=', userId)
    .where('m.role', '=', 'owner')
    .where('o.type', '=', 'personal')
    .select(COLUMNS)
    .executeTakeFirst();
}

export async function findRole(db: Kysely<Tables>, organizationId: string, userId: string): Promise<Role | undefined> {
  const row = await db
    .selectFrom('memberships')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .select('role')
    .executeTakeFirst();
  return row?.role;
}

/** The personal one first, then by slug. */
export async function organizationsOf(db: Kysely<Tables>, userId: string): Promise<OrganizationRow[]> {
  return await db
    .selectFrom('organizations as o')
    .innerJoin('memberships as m', 'm.organization_id', 'o.id')
    .where('m.user_id', '=', userId)
    .select(COLUMNS)
    .orderBy('o.type')
    .orderBy('o.slug')
    .execute();
}
