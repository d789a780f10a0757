import type { Kysely, Selectable } from 'kysely';

import type { GroupsTable, Tables } from '../../store/tables.ts';

export type GroupRow = Selectable<GroupsTable>;

const COLUMNS = [
  'id',
  'organization_id',
  'name',
  'primary_location',
  'delete_protection',
  'extensions',
  'last_token_ms',
  'created_at_ms',
] as const;

export async function findGroup(
  db: Kysely<Tables>,
  organizationId: string,
  which: { readonly id: string } | { readonly name: string },
): Promise<GroupRow | undefined> {
  const groups = db.selectFrom('groups').select(COLUMNS).where('organization_id', '=', organizationId);
  return await ('id' in which ? groups.where('id', '=', which.id) : groups.where('name', '=', which.name))
    .limit(1)
    .executeTakeFirst();
}

/** By name. `onlyId` leaves out all others. */
export async function groupsOf(db: Kysely<Tables>, organizationId: string, onlyId: string | null): Promise<GroupRow[]> {
  const groups = db.selectFrom('groups').select(COLUMNS).where('organization_id', '=', organizationId);
  return await (onlyId === null ? groups : groups.where('id', '=', onlyId)).orderBy('name').execute();
}

/** Locations that serve, for each group: the primary first, then in the order in which they were added. */
export async function locationsOf(
  db: Kysely<Tables>,
  groups: readonly Pick<GroupRow, 'id' | 'primary_location'>[],
): Promise<Map<string, string[]>> {
  const found = new Map(groups.map(({ id, primary_location: primary }) => [id, [primary]]));
  if (found.size === 0) {
    return found;
  }
  const rows = await db
    .selectFrom('group_locations as l')
    .innerJoin('groups as g', 'g.id', 'l.group_id')
    .select(['l.group_id', 'l.location'])
    .where('l.group_id', 'in', [...found.keys()])
    .whereRef('l.location', '<>', 'g.primary_location')
    .where('l.state', '=', 'ready')
    .orderBy('l.created_at_ms')
    .orderBy('l.location')
    .execute();
  for (const row of rows) {
    found.get(row.group_id)?.push(row.location);
  }
  return found;
}
