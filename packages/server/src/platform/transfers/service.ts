import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Group } from '@skerry/contract/operations/groups';
import type { z } from 'zod';

import { type Actor, recordAudit } from '../audit/store.ts';
import { applyPolicy, notePolicyChange } from '../databases/policy.ts';
import { findDatabase } from '../databases/store.ts';
import { shownGroup } from '../groups/service.ts';
import { findGroup, type GroupRow, groupsOf, locationsOf } from '../groups/store.ts';
import type { Caller, OrganizationAccess } from '../http/request.ts';
import type { OrganizationRow } from '../organizations/store.ts';
import type { Parts } from '../parts.ts';
import { unhurried } from '../unhurried.ts';
import { findTarget, moveDatabase } from './target.ts';

export class TransferService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * @throws SkerryError group_not_found, organization_not_found, group_exists, database_exists, database_name_invalid,
   *   address_taken
   */
  async group(
    organization: OrganizationAccess,
    caller: Caller,
    name: string,
    targetSlug: string,
    actor: Actor,
  ): Promise<z.input<typeof Group>> {
    const { db, locks, directory } = this.#parts;
    const { id } = await this.#findGroup(organization, name);
    const target = await findTarget(db, caller, targetSlug);
    return await locks.exclusive(id, async () => {
      const group = await this.#findGroup(organization, name);
      const databaseIds = target.id === organization.id ? [] : await this.#move(organization, group, target, actor);
      directory.groupChanged(group.id, databaseIds);
      const locations = await locationsOf(db, [group]);
      return shownGroup(group, locations.get(group.id) ?? []);
    });
  }

  /**
   * @throws SkerryError database_not_found, organization_not_found, transfer_no_group, database_exists,
   *   database_name_invalid, address_taken
   */
  async database(
    organization: OrganizationAccess,
    caller: Caller,
    name: string,
    targetSlug: string,
    actor: Actor,
  ): Promise<void> {
    const { db, locks, locations, directory, now } = this.#parts;
    const database = await findDatabase(db, organization.id, { name });
    if (database === undefined) {
      throw new SkerryError('database_not_found', { database: name });
    }
    const target = await findTarget(db, caller, targetSlug);
    if (target.id === organization.id) {
      return;
    }
    const oldGroup = { id: database.group_id, primary_location: database.primary_location };
    const newGroup = await this.#groupWithLocationsOf(oldGroup, target);
    // In one order everywhere: two transfers the other way round must not wait for each other.
    const [first, second] = oldGroup.id < newGroup.id ? [oldGroup.id, newGroup.id] : [newGroup.id, oldGroup.id];
    await locks.shared(first, async () => {
      await locks.shared(second, async () => {
        // Either may have changed while this waited.
        const { id: groupId } = await this.#groupWithLocationsOf(oldGroup, target);
        if (groupId !== newGroup.id) {
          throw new SkerryError('transfer_interrupted');
        }
        await db.transaction().execute(async (transaction) => {
          if ((await findDatabase(transaction, organization.id, { id: database.id })) === undefined) {
            throw new SkerryError('database_not_found', { database: name });
          }
          await moveDatabase(transaction, database, target, newGroup.id, locations.keys());
          await notePolicyChange(transaction, this.#parts, database.id, database.primary_location);
          for (const organizationId of [organization.id, target.id]) {
            await recordAudit(transaction, {
              organizationId,
              actor,
              code: 'db-transfer',
              message: `database ${name} transferred from ${organization.slug} to ${target.slug}`,
              data: { database: name, id: database.id, from: organization.slug, to: target.slug },
              nowMs: now(),
            });
          }
        });
        directory.changed(database.id);
        if (database.allow_attach === 1) {
          directory.groupChanged(oldGroup.id, []);
          directory.groupChanged(newGroup.id, []);
        }
        // The key of its new group is another.
        await applyPolicy(this.#parts, database.id);
      });
    });
  }

  async #move(
    organization: OrganizationAccess,
    group: GroupRow,
    target: OrganizationRow,
    actor: Actor,
  ): Promise<string[]> {
    const { db, locations, now } = this.#parts;
    return await db.transaction().execute(async (transaction) => {
      if ((await findGroup(transaction, target.id, { name: group.name })) !== undefined) {
        throw new SkerryError('group_exists');
      }
      await transaction.updateTable('groups').set({ organization_id: target.id }).where('id', '=', group.id).execute();
      const databases = await transaction
        .selectFrom('databases')
        .where('group_id', '=', group.id)
        .select(['id', 'name'])
        .execute();
      for await (const database of unhurried(databases)) {
        await moveDatabase(transaction, database, target, group.id, locations.keys());
      }
      // What was deleted and can be restored goes along.
      await transaction
        .updateTable('deleted_databases')
        .set({ organization_id: target.id })
        .where('group_id', '=', group.id)
        .execute();
      // They were made by the old organization, for it.
      await transaction.deleteFrom('api_tokens').where('group_id', '=', group.id).execute();
      for (const organizationId of [organization.id, target.id]) {
        await recordAudit(transaction, {
          organizationId,
          actor,
          code: 'group-transfer',
          message: `group ${group.name} transferred from ${organization.slug} to ${target.slug}`,
          data: { group: group.name, id: group.id, from: organization.slug, to: target.slug },
          nowMs: now(),
        });
      }
      return databases.map(({ id }) => id);
    });
  }

  async #findGroup(organization: OrganizationAccess, name: string): Promise<GroupRow> {
    const group = await findGroup(this.#parts.db, organization.id, { name });
    if (group === undefined) {
      throw new SkerryError('group_not_found');
    }
    return group;
  }

  /** A database has an instance in each location of its group, so only a group with the same locations can take it. */
  async #groupWithLocationsOf(
    group: Pick<GroupRow, 'id' | 'primary_location'>,
    target: OrganizationRow,
  ): Promise<GroupRow> {
    const { db } = this.#parts;
    const candidates = await groupsOf(db, target.id, null);
    const locations = await locationsOf(db, [group, ...candidates]);
    const wanted = locations.get(group.id) ?? [];
    const found = candidates.find(
      (candidate) => candidate.id !== group.id && isSame(locations.get(candidate.id) ?? [], wanted),
    );
    if (found === undefined) {
      throw new SkerryError('transfer_no_group', { organization: target.slug, locations: wanted.join(', ') });
    }
    return found;
  }
}

/** The primary is first in both; the order of replicas does not matter. */
function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a[0] === b[0] && a.length === b.length && a.every((location) => b.includes(location));
}
