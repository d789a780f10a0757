/**
 * Brings deleted databases and groups back. Files first, then all records in one transaction: a crash leaves either a
 * deleted database or a restored one.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { DeletedDatabase } from '@skerry/contract/operations/databases';
import type { listDeletedGroups, restoreGroup } from '@skerry/contract/operations/restore';
import type { Selectable, Transaction } from 'kysely';
import type { z } from 'zod';

import type { InstanceRef, InstanceRole } from '../../relay/messages.ts';
import type { DeletedDatabasesTable, Tables } from '../../store/tables.ts';
import { isUniqueViolation } from '../../store/violations.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import { applyPolicy, notePolicyChange } from '../databases/policy.ts';
import { checkedLabel } from '../databases/rules.ts';
import { shownDatabase } from '../databases/shown.ts';
import { findDatabase } from '../databases/store.ts';
import { shownGroup } from '../groups/service.ts';
import { findGroup, locationsOf } from '../groups/store.ts';
import type { OrganizationAccess } from '../http/request.ts';
import type { Parts } from '../parts.ts';
import { listDeletedGroupsOf, shownDeleted } from './lists.ts';
import type { DatabaseRecords, GroupRecords } from './records.ts';

type Row = Selectable<DeletedDatabasesTable>;
type Shown = z.input<typeof DeletedDatabase>;

export class RestoreService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * @param newName when the old one is taken, or not wanted
   * @throws SkerryError restore_disabled, deleted_not_found, restore_group_missing, database_exists,
   *   database_name_invalid, address_taken
   */
  async database(
    organization: OrganizationAccess,
    databaseId: string,
    newName: string | undefined,
    actor: Actor,
  ): Promise<Shown> {
    this.#refuseDisabled(organization);
    const row = await this.#parts.db
      .selectFrom('deleted_databases')
      .selectAll()
      .where('organization_id', '=', organization.id)
      .where('id', '=', databaseId.toLowerCase())
      .where('deleted_at_ms', '>', this.#oldestMs())
      .executeTakeFirst();
    if (row === undefined) {
      throw new SkerryError('deleted_not_found', { thing: 'database', id: databaseId });
    }
    return await this.#parts.locks.shared(
      row.group_id,
      async () => await this.#restore(organization, row, newName ?? row.name, actor),
    );
  }

  async listGroups(
    organization: OrganizationAccess,
    query: z.output<typeof listDeletedGroups.query>,
  ): Promise<z.input<typeof listDeletedGroups.response>> {
    return await listDeletedGroupsOf(this.#parts.db, organization, query);
  }

  /** @throws SkerryError restore_disabled, deleted_not_found, group_exists, location_invalid */
  async group(
    organization: OrganizationAccess,
    groupId: string,
    actor: Actor,
  ): Promise<z.input<typeof restoreGroup.response>> {
    const { db, locks } = this.#parts;
    this.#refuseDisabled(organization);
    return await locks.exclusive(groupId, async () => {
      const deletedAtMs = await this.#restoreGroupRows(organization, groupId, actor);
      const rows = await db
        .selectFrom('deleted_databases')
        .selectAll()
        .where('organization_id', '=', organization.id)
        .where('group_id', '=', groupId)
        .where('group_deleted_at_ms', '=', deletedAtMs)
        .orderBy('name')
        .execute();
      const databases: Shown[] = [];
      const failures: Record<string, string> = {};
      for (const row of rows) {
        try {
          databases.push(await this.#restore(organization, row, row.name, actor));
        } catch (error) {
          if (!(error instanceof SkerryError)) {
            throw error;
          }
          failures[row.id] = error.message;
        }
      }
      const group = await findGroup(db, organization.id, { id: groupId });
      if (group === undefined) {
        throw new SkerryError('deleted_not_found', { thing: 'group', id: groupId });
      }
      const locations = await locationsOf(db, [group]);
      return { group: shownGroup(group, locations.get(group.id) ?? []), databases, failures };
    });
  }

  async #restoreGroupRows(organization: OrganizationAccess, groupId: string, actor: Actor): Promise<number> {
    const { db, now, locations: known } = this.#parts;
    try {
      return await db.transaction().execute(async (transaction) => {
        const row = await transaction
          .deleteFrom('deleted_groups')
          .where('organization_id', '=', organization.id)
          .where('id', '=', groupId)
          .where('deleted_at_ms', '>', this.#oldestMs())
          .returning(['name', 'records', 'deleted_at_ms'])
          .executeTakeFirst();
        if (row === undefined) {
          throw new SkerryError('deleted_not_found', { thing: 'group', id: groupId });
        }
        const { group, locations, key } = JSON.parse(row.records) as GroupRecords;
        const unknown = locations.find(({ location }) => !known.has(location));
        if (unknown !== undefined) {
          throw new SkerryError('location_invalid', { location: unknown.location });
        }
        await transaction.insertInto('groups').values(group).execute();
        await transaction
          .insertInto('group_locations')
          .values([...locations])
          .execute();
        if (key !== undefined) {
          await transaction.insertInto('token_keys').values(key).execute();
        }
        await recordAudit(transaction, {
          organizationId: organization.id,
          actor,
          code: 'group-restore',
          message: `group ${row.name} restored`,
          data: { group: row.name, id: groupId },
          nowMs: now(),
        });
        return row.deleted_at_ms;
      });
    } catch (error) {
      throw isUniqueViolation(error) ? new SkerryError('group_exists') : error;
    }
  }

  /** The group's lock is held. */
  async #restore(organization: OrganizationAccess, row: Row, name: string, actor: Actor): Promise<Shown> {
    const { db, engine, directory, addresses, locations } = this.#parts;
    const group = await findGroup(db, organization.id, { id: row.group_id });
    if (group === undefined) {
      throw new SkerryError('restore_group_missing');
    }
    const label = checkedLabel(name, organization.slug, locations.keys());
    const codes = (await locationsOf(db, [group])).get(group.id) ?? [];
    const instances = codes.map((location): InstanceRef => {
      const role: InstanceRole = location === group.primary_location ? 'primary' : 'replica';
      return { databaseId: row.id, location, role };
    });
    const [primary, ...replicas] = instances;
    if (primary !== undefined) {
      for (const replica of replicas) {
        await engine.addReplica(replica, primary);
      }
    }
    await db.transaction().execute(async (transaction) => {
      const wanted = { name, label, instances, primaryLocation: group.primary_location };
      await this.#insert(transaction, organization, row, wanted, actor);
    });
    directory.changed(row.id);
    await applyPolicy(this.#parts, row.id);
    const restored = await findDatabase(db, organization.id, { id: row.id });
    const shown = restored === undefined ? undefined : shownDatabase(restored, codes, addresses);
    return { ...shownDeleted(row), ...shown };
  }

  async #insert(
    transaction: Transaction<Tables>,
    organization: OrganizationAccess,
    row: Row,
    wanted: {
      readonly name: string;
      readonly label: string;
      readonly instances: readonly InstanceRef[];
      readonly primaryLocation: string;
    },
    actor: Actor,
  ): Promise<void> {
    const { name, label, instances } = wanted;
    const taken = await transaction
      .deleteFrom('deleted_databases')
      .where('id', '=', row.id)
      .returning('id')
      .executeTakeFirst();
    if (taken === undefined) {
      throw new SkerryError('deleted_not_found', { thing: 'database', id: row.id });
    }
    const { database, labels, instances: before, key } = JSON.parse(row.records) as DatabaseRecords;
    await refuseTaken(transaction, organization.id, name, label);
    await transaction
      .insertInto('databases')
      .values({ ...database, name, organization_id: organization.id, worker: null })
      .execute();
    await transaction.insertInto('database_labels').values({ label, database_id: row.id, is_current: 1 }).execute();
    for (const old of labels.filter((one) => one.label !== label)) {
      await transaction
        .insertInto('database_labels')
        .values({ ...old, is_current: 0 })
        .onConflict((conflict) => conflict.column('label').doNothing())
        .execute();
    }
    await transaction
      .insertInto('instances')
      .values(
        instances.map(({ location, role }) => ({
          id: before.find((one) => one.location === location)?.id ?? randomUUID(),
          database_id: row.id,
          location,
          role,
          ready: 1 as const,
        })),
      )
      .execute();
    if (key !== undefined) {
      await transaction.insertInto('token_keys').values(key).execute();
    }
    await notePolicyChange(transaction, this.#parts, row.id, wanted.primaryLocation);
    await recordAudit(transaction, {
      organizationId: organization.id,
      actor,
      code: 'db-restore',
      message: name === row.name ? `database ${name} restored` : `database ${row.name} restored as ${name}`,
      data: { database: name, id: row.id },
      nowMs: this.#parts.now(),
    });
  }

  #oldestMs(): number {
    return this.#parts.now() - this.#parts.deletedRetentionMs;
  }

  #refuseDisabled(organization: OrganizationAccess): void {
    if (organization.restore_enabled !== 1) {
      throw new SkerryError('restore_disabled', { organization: organization.slug });
    }
  }
}

async function refuseTaken(
  transaction: Transaction<Tables>,
  organizationId: string,
  name: string,
  label: string,
): Promise<void> {
  const sameName = await transaction
    .selectFrom('databases')
    .where('organization_id', '=', organizationId)
    .where('name', '=', name)
    .select('id')
    .executeTakeFirst();
  if (sameName !== undefined) {
    throw new SkerryError('database_exists', { database: name });
  }
  const sameLabel = await transaction
    .selectFrom('database_labels')
    .where('label', '=', label)
    .select('database_id')
    .executeTakeFirst();
  if (sameLabel !== undefined) {
    throw new SkerryError('address_taken', { label });
  }
}
