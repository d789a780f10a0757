import { randomUUID } from 'node:crypto';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type * as operations from '@skerry/contract/operations/groups';
import type { Kysely, Transaction } from 'kysely';
import type { z } from 'zod';

import { newSigningKey } from '../../access/signing-keys.ts';
import type { Tables } from '../../store/tables.ts';
import { isUniqueViolation } from '../../store/violations.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import { VERSION } from '../databases/shown.ts';
import { deleteDatabaseRows, findDatabase, insertKey } from '../databases/store.ts';
import type { OrganizationAccess } from '../http/request.ts';
import type { Parts } from '../parts.ts';
import { closeDeleted, isDeletionKept, keepDeleted, keepDeletedGroup } from '../restore/records.ts';
import { unhurried } from '../unhurried.ts';
import { addLocation, removeLocation } from './group-locations.ts';
import { findGroup, type GroupRow, groupsOf, locationsOf } from './store.ts';

type Shown = z.input<typeof operations.Group>;
type CreateBody = z.output<typeof operations.createGroup.body>;

const NAME_MAX = 64;

export class GroupService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async list(organization: OrganizationAccess): Promise<Shown[]> {
    const { db } = this.#parts;
    const rows = await groupsOf(db, organization.id, organization.onlyGroupId);
    const locations = await locationsOf(db, rows);
    return rows.map((row) => shownGroup(row, locations.get(row.id) ?? []));
  }

  async get(organization: OrganizationAccess, name: string): Promise<Shown> {
    return await this.#show(await this.find(organization, name));
  }

  /** @throws SkerryError group_exists, group_name_invalid, location_invalid, location_not_primary */
  async create(organization: OrganizationAccess, body: CreateBody, actor: Actor): Promise<Shown> {
    const { db, now } = this.#parts;
    checkGroupName(body.name);
    this.#checkLocation(body.location);
    this.#parts.engine.checkLocations(body.location, undefined);
    try {
      const row = await db.transaction().execute(async (transaction) => {
        const row = await insertGroup(transaction, {
          organizationId: organization.id,
          name: body.name,
          location: body.location,
          extensions: body.extensions ?? [],
          nowMs: now(),
        });
        await recordAudit(transaction, {
          organizationId: organization.id,
          actor,
          code: 'group-create',
          message: `group ${body.name} created`,
          data: { group: body.name, id: row.id, location: body.location },
          nowMs: now(),
        });
        return row;
      });
      return await this.#show(row);
    } catch (error) {
      throw isUniqueViolation(error) ? new SkerryError('group_exists') : error;
    }
  }

  /**
   * The group as it was.
   *
   * @throws SkerryError group_not_found, group_protected, database_protected
   */
  async delete(organization: OrganizationAccess, name: string, actor: Actor): Promise<Shown> {
    const { db, locks, directory, removals, coordination, now } = this.#parts;
    const { id: groupId } = await this.find(organization, name);
    return await locks.exclusive(groupId, async () => {
      const group = await this.find(organization, name);
      const shown = await this.#show(group);
      const isKept = isDeletionKept(this.#parts, organization);
      const databaseIds = await db.transaction().execute(async (transaction) => {
        const databases = await unprotectedDatabases(transaction, group);
        const nowMs = now();
        for await (const { id } of unhurried(databases)) {
          const row = isKept ? await findDatabase(transaction, organization.id, { id }) : undefined;
          await (row === undefined
            ? deleteDatabaseRows(transaction, id, { nowMs, workerId: coordination.workerId })
            : keepDeleted(this.#parts, transaction, organization.id, row, nowMs));
        }
        if (isKept) {
          await keepDeletedGroup(transaction, group, nowMs);
        }
        await transaction.deleteFrom('groups').where('id', '=', group.id).execute();
        await transaction.deleteFrom('token_keys').where('owner_id', '=', group.id).execute();
        await recordAudit(transaction, {
          organizationId: organization.id,
          actor,
          code: 'group-delete',
          message: `group ${name} deleted`,
          data: { group: name, id: group.id, databases: databases.map((database) => database.name) },
          nowMs: now(),
        });
        return databases.map(({ id }) => id);
      });
      directory.groupChanged(group.id, databaseIds);
      // Those that were still being made are not kept.
      await (isKept
        ? closeDeleted(this.#parts, databaseIds, group.primary_location)
        : removals.finish(databaseIds, group.primary_location));
      if (isKept) {
        await removals.retry();
      }
      return shown;
    });
  }

  async configuration(organization: OrganizationAccess, name: string): Promise<{ delete_protection: boolean }> {
    const group = await this.find(organization, name);
    return { delete_protection: group.delete_protection === 1 };
  }

  /** @param protect null leaves it as it is */
  async configure(
    organization: OrganizationAccess,
    name: string,
    protect: boolean | null,
    actor: Actor,
  ): Promise<{ delete_protection: boolean }> {
    const { db, now } = this.#parts;
    return await db.transaction().execute(async (transaction) => {
      const group = await this.find(organization, name, transaction);
      const before = group.delete_protection === 1;
      const after = protect ?? before;
      if (after !== before) {
        await transaction
          .updateTable('groups')
          .set({ delete_protection: after ? 1 : 0 })
          .where('id', '=', group.id)
          .execute();
        await recordAudit(transaction, {
          organizationId: organization.id,
          actor,
          code: after ? 'group-protect' : 'group-unprotect',
          message: `group ${name} ${after ? '' : 'no longer '}protected from deletion`,
          data: { group: name, id: group.id },
          nowMs: now(),
        });
      }
      return { delete_protection: after };
    });
  }

  /** @throws SkerryError group_not_found, group_exists, group_name_invalid */
  async rename(organization: OrganizationAccess, name: string, newName: string, actor: Actor): Promise<Shown> {
    const { db, now } = this.#parts;
    checkGroupName(newName);
    try {
      await db.transaction().execute(async (transaction) => {
        const group = await this.find(organization, name, transaction);
        await transaction.updateTable('groups').set({ name: newName }).where('id', '=', group.id).execute();
        await recordAudit(transaction, {
          organizationId: organization.id,
          actor,
          code: 'group-rename',
          message: `group ${name} renamed to ${newName}`,
          data: { group: newName, id: group.id, before: name },
          nowMs: now(),
        });
      });
    } catch (error) {
      throw isUniqueViolation(error) ? new SkerryError('group_exists') : error;
    }
    return await this.get(organization, newName);
  }

  /**
   * Fine when the group has the location.
   *
   * @throws SkerryError group_not_found, location_invalid, location_mixed
   */
  async addLocation(organization: OrganizationAccess, name: string, location: string, actor: Actor): Promise<Shown> {
    this.#checkLocation(location);
    return await this.#changeLocations(organization, name, async (group, locations) => {
      if (!locations.includes(location)) {
        this.#parts.engine.checkLocations(group.primary_location, location);
        await addLocation(this.#parts, group, location, actor);
      }
    });
  }

  /** @throws SkerryError group_not_found, location_code_invalid, location_primary */
  async removeLocation(organization: OrganizationAccess, name: string, location: string, actor: Actor): Promise<Shown> {
    return await this.#changeLocations(organization, name, async (group, locations) => {
      if (!locations.includes(location)) {
        throw new SkerryError('location_code_invalid');
      }
      if (location === group.primary_location) {
        throw new SkerryError('location_primary', { location, group: name });
      }
      await removeLocation(this.#parts, group, location, actor);
    });
  }

  /** @throws SkerryError group_not_found, location_code_invalid */
  async checkHasLocation(organization: OrganizationAccess, name: string, location: string): Promise<void> {
    const group = await this.get(organization, name);
    if (!group.locations.includes(location)) {
      throw new SkerryError('location_code_invalid');
    }
  }

  /** @throws SkerryError group_not_found */
  async find(organization: OrganizationAccess, name: string, db: Kysely<Tables> = this.#parts.db): Promise<GroupRow> {
    const group = await findGroup(db, organization.id, { name });
    if (group === undefined) {
      throw new SkerryError('group_not_found');
    }
    return group;
  }

  async #changeLocations(
    organization: OrganizationAccess,
    name: string,
    change: (group: GroupRow, locations: readonly string[]) => Promise<void>,
  ): Promise<Shown> {
    const { id } = await this.find(organization, name);
    return await this.#parts.locks.exclusive(id, async () => {
      const group = await this.find(organization, name);
      await change(group, (await this.#show(group)).locations);
      return await this.#show(group);
    });
  }

  async #show(group: GroupRow): Promise<Shown> {
    const locations = await locationsOf(this.#parts.db, [group]);
    return shownGroup(group, locations.get(group.id) ?? []);
  }

  #checkLocation(location: string): void {
    if (!this.#parts.locations.has(location)) {
      throw new SkerryError('location_invalid', { location });
    }
  }
}

/** @throws SkerryError group_name_invalid */
export function checkGroupName(name: string): void {
  if (name.length < 1 || name.length > NAME_MAX) {
    throw new SkerryError('group_name_invalid', { problem: `name must contain between 1 and ${NAME_MAX} characters` });
  }
  if (!/^[a-z0-9_-]+$/.test(name)) {
    throw new SkerryError('group_name_invalid', {
      problem: 'name must contain only lowercase letters, digits, dashes and underscores',
    });
  }
}

/** The group, its primary location and its signing key. */
export async function insertGroup(
  transaction: Transaction<Tables>,
  group: {
    readonly organizationId: string;
    readonly name: string;
    readonly location: string;
    readonly extensions: 'all' | readonly string[];
    readonly nowMs: number;
  },
): Promise<GroupRow> {
  const row: GroupRow = {
    id: randomUUID(),
    organization_id: group.organizationId,
    name: group.name,
    primary_location: group.location,
    delete_protection: 0,
    extensions: JSON.stringify(group.extensions),
    last_token_ms: 0,
    created_at_ms: group.nowMs,
  };
  await transaction.insertInto('groups').values(row).execute();
  await transaction
    .insertInto('group_locations')
    .values({ group_id: row.id, location: group.location, state: 'ready', created_at_ms: group.nowMs })
    .execute();
  await insertKey(transaction, row.id, newSigningKey());
  return row;
}

export function shownGroup(row: GroupRow, locations: readonly string[]): Shown {
  return {
    name: row.name,
    version: VERSION,
    uuid: row.id,
    locations: [...locations],
    primary: row.primary_location,
    delete_protection: row.delete_protection === 1,
    archived: false,
    status: { locations: locations.map((name) => ({ name, status: 'up' })) },
  };
}

/** @throws SkerryError group_protected, database_protected */
async function unprotectedDatabases(
  transaction: Transaction<Tables>,
  group: GroupRow,
): Promise<{ id: string; name: string }[]> {
  if (group.delete_protection === 1) {
    throw new SkerryError('group_protected', { group: group.name });
  }
  const databases = await transaction
    .selectFrom('databases')
    .where('group_id', '=', group.id)
    .select(['id', 'name', 'delete_protection'])
    .execute();
  const kept = databases.find(({ delete_protection: isProtected }) => isProtected === 1);
  if (kept !== undefined) {
    throw new SkerryError('database_protected', { database: kept.name });
  }
  return databases;
}
