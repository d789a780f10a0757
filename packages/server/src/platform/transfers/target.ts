/**
 * Moving databases between organizations: what group and database transfers have in common.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import { ROLES } from '@skerry/contract/operations/authority';
import type { Kysely, Transaction } from 'kysely';

import type { Tables } from '../../store/tables.ts';
import { checkedLabel } from '../databases/rules.ts';
import type { Caller } from '../http/request.ts';
import { findOrganization, findRole, type OrganizationRow } from '../organizations/store.ts';

/**
 * The organization to move to, where the caller must be able to make things.
 *
 * @throws SkerryError organization_not_found, role_too_low
 */
export async function findTarget(db: Kysely<Tables>, caller: Caller, slug: string): Promise<OrganizationRow> {
  const target = await findOrganization(db, slug);
  const role = target === undefined ? undefined : await findRole(db, target.id, caller.userId);
  if (target === undefined || role === undefined || (caller.organizationId ?? target.id) !== target.id) {
    throw new SkerryError('organization_not_found');
  }
  if (ROLES.indexOf(role) < ROLES.indexOf('member')) {
    throw new SkerryError('role_too_low', { role: 'member' });
  }
  return target;
}

/**
 * Gives a database to another organization: an address there is added and becomes the one that is shown; the ones it had
 * go on answering, because they are in programs that nobody wants to change on the day of a move.
 *
 * @throws SkerryError database_exists, database_name_invalid, address_taken
 */
export async function moveDatabase(
  transaction: Transaction<Tables>,
  database: { readonly id: string; readonly name: string },
  target: OrganizationRow,
  groupId: string,
  locations: Iterable<string>,
): Promise<void> {
  const { id, name } = database;
  const sameName = await transaction
    .selectFrom('databases')
    .where('organization_id', '=', target.id)
    .where('name', '=', name)
    .where('id', '<>', id)
    .select('id')
    .executeTakeFirst();
  if (sameName !== undefined) {
    throw new SkerryError('database_exists', { database: name });
  }
  const label = checkedLabel(name, target.slug, locations);
  const holder = await transaction
    .selectFrom('database_labels')
    .where('label', '=', label)
    .select('database_id')
    .executeTakeFirst();
  if (holder !== undefined && holder.database_id !== id) {
    throw new SkerryError('address_taken', { label });
  }
  await transaction.updateTable('database_labels').set({ is_current: 0 }).where('database_id', '=', id).execute();
  await transaction
    .insertInto('database_labels')
    .values({ label, database_id: id, is_current: 1 })
    .onConflict((conflict) => conflict.column('label').doUpdateSet({ is_current: 1 }))
    .execute();
  await transaction
    .updateTable('databases')
    .set({ organization_id: target.id, group_id: groupId })
    .where('id', '=', id)
    .execute();
}
