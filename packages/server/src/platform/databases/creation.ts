/**
 * Makes a database, in three steps: records that reserve name and address (state `creating`, which the API does not
 * show), the engine's work, and the switch to `ready`. Whatever fails on the way, nothing is left: here at once, after a
 * crash by `undoInterrupted`, at the next start or by another process that shares the store.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Transaction } from 'kysely';

import { newSigningKey } from '../../access/signing-keys.ts';
import type { InstanceRef, InstanceRole } from '../../relay/messages.ts';
import type { Tables } from '../../store/tables.ts';
import { isUniqueViolation } from '../../store/violations.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import { findGroup, type GroupRow } from '../groups/store.ts';
import { newDatabaseId } from '../ids.ts';
import type { Parts } from '../parts.ts';
import { applyPolicy, notePolicyChange } from './policy.ts';
import { restoreWindow } from './restore-window.ts';
import type { Seed } from './seeds.ts';
import { deleteDatabaseRows, findDatabase, insertKey } from './store.ts';

export interface NewDatabase {
  readonly organizationId: string;
  readonly groupId: string;
  readonly name: string;
  readonly label: string;
  readonly sizeLimitBytes: number | null;
  readonly seed: Seed;
  /** Set: the caller knows of databases in this group only. */
  readonly onlyGroupId: string | null;
  readonly actor: Actor;
}

interface Source {
  readonly id: string;
  readonly name: string;
  readonly primary: InstanceRef;
  readonly createdAtMs: number;
  /** As it was at this time; without it, as it is. */
  readonly atMs: number | undefined;
}

/**
 * @returns id of the database, which can be queried
 * @throws SkerryError database_exists, address_taken, seed_not_found, restore_outside_window, group_not_found_on_create
 */
export async function createDatabase(parts: Parts, wanted: NewDatabase): Promise<string> {
  const dump =
    wanted.seed.kind === 'dump' ? await parts.dumps.resolve(wanted.organizationId, wanted.seed.url) : undefined;
  return await parts.locks.shared(wanted.groupId, async () => {
    const databaseId = newDatabaseId(parts.now());
    const { source, instances, location } = await reserve(parts, databaseId, wanted);
    try {
      await build(parts, instances, source, dump);
      await confirm(parts, databaseId, wanted, { source, location });
      await applyPolicy(parts, databaseId);
    } catch (error) {
      const { workerId } = parts.coordination;
      await parts.db
        .transaction()
        .execute(
          async (transaction) => await deleteDatabaseRows(transaction, databaseId, { workerId, nowMs: parts.now() }),
        );
      parts.directory.changed(databaseId);
      await parts.removals.finish([databaseId], location);
      throw error;
    }
    parts.directory.changed(databaseId);
    return databaseId;
  });
}

/** Takes the records away of databases whose creation ended with a worker's death. Nobody was told of them. */
export async function undoInterrupted(parts: Parts, deadWorkerId: string | null): Promise<string[]> {
  const { db, now } = parts;
  const { workerId } = parts.coordination;
  return await db.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('databases')
      .where('state', '=', 'creating')
      .where('worker', deadWorkerId === null ? 'is' : '=', deadWorkerId)
      .select('id')
      .execute();
    for (const { id } of rows) {
      await deleteDatabaseRows(transaction, id, { workerId, nowMs: now() });
    }
    return rows.map(({ id }) => id);
  });
}

async function reserve(
  parts: Parts,
  databaseId: string,
  wanted: NewDatabase,
): Promise<{ source: Source | undefined; instances: InstanceRef[]; location: string }> {
  try {
    return await parts.db.transaction().execute(async (transaction) => {
      // The group may have gone while this waited for its lock.
      const group = await findGroup(transaction, wanted.organizationId, { id: wanted.groupId });
      if (group === undefined) {
        throw new SkerryError('group_not_found_on_create');
      }
      const location = group.primary_location;
      if (wanted.seed.kind === 'upload' && !parts.engine.traits(location).takesUploads) {
        throw new SkerryError('not_offered', { feature: `an upload to location ${location}, which is an sqld server` });
      }
      const source = await findSource(transaction, wanted);
      refuseRestore(parts, source);
      await refuseTaken(transaction, wanted);
      await insertDatabase(transaction, parts, databaseId, wanted, source);
      return { source, instances: await insertInstances(transaction, databaseId, group), location };
    });
  } catch (error) {
    // Two writers of one store, each of whom saw the name free.
    throw isUniqueViolation(error) ? new SkerryError('database_exists', { database: wanted.name }) : error;
  }
}

async function findSource(transaction: Transaction<Tables>, wanted: NewDatabase): Promise<Source | undefined> {
  if (wanted.seed.kind !== 'copy') {
    return undefined;
  }
  const name = wanted.seed.databaseName;
  const row = await findDatabase(transaction, wanted.organizationId, { name });
  const isKnown = row !== undefined && (wanted.onlyGroupId ?? row.group_id) === row.group_id;
  if (!isKnown || row.awaiting_upload === 1) {
    throw new SkerryError('seed_not_found', { database: name });
  }
  return {
    id: row.id,
    name,
    primary: { databaseId: row.id, location: row.primary_location, role: 'primary' },
    createdAtMs: row.created_at_ms,
    atMs: wanted.seed.atMs,
  };
}

function refuseRestore({ engine }: Parts, source: Source | undefined): void {
  if (source?.atMs !== undefined && !engine.traits(source.primary.location).restoresToTime) {
    const { location } = source.primary;
    throw new SkerryError('not_offered', {
      feature: `a restore to a point in time at location ${location}, an sqld server without bottomless replication (docs/sqld.md tells how to turn it on),`,
    });
  }
}

async function refuseTaken(transaction: Transaction<Tables>, wanted: NewDatabase): Promise<void> {
  const sameName = await transaction
    .selectFrom('databases')
    .where('organization_id', '=', wanted.organizationId)
    .where('name', '=', wanted.name)
    .select('id')
    .executeTakeFirst();
  if (sameName !== undefined) {
    throw new SkerryError('database_exists', { database: wanted.name });
  }
  const sameLabel = await transaction
    .selectFrom('database_labels')
    .where('label', '=', wanted.label)
    .select('database_id')
    .executeTakeFirst();
  if (sameLabel !== undefined) {
    throw new SkerryError('address_taken', { label: wanted.label });
  }
}

async function insertDatabase(
  transaction: Transaction<Tables>,
  parts: Parts,
  databaseId: string,
  wanted: NewDatabase,
  source: Source | undefined,
): Promise<void> {
  const nowMs = parts.now();
  await transaction
    .insertInto('databases')
    .values({
      id: databaseId,
      organization_id: wanted.organizationId,
      group_id: wanted.groupId,
      name: wanted.name,
      state: 'creating',
      size_limit_bytes: wanted.sizeLimitBytes,
      awaiting_upload: wanted.seed.kind === 'upload' ? 1 : 0,
      parent_id: source?.id ?? null,
      parent_name: source?.name ?? null,
      branched_at_ms: source === undefined ? null : (source.atMs ?? nowMs),
      worker: parts.coordination.workerId,
      created_at_ms: nowMs,
    })
    .execute();
  await transaction
    .insertInto('database_labels')
    .values({ label: wanted.label, database_id: databaseId, is_current: 1 })
    .execute();
  await insertKey(transaction, databaseId, newSigningKey());
}

async function insertInstances(
  transaction: Transaction<Tables>,
  databaseId: string,
  group: GroupRow,
): Promise<InstanceRef[]> {
  const locations = await transaction
    .selectFrom('group_locations')
    .where('group_id', '=', group.id)
    .where('state', '=', 'ready')
    .select('location')
    .execute();
  const instances = locations.map(({ location }) => {
    const role: InstanceRole = location === group.primary_location ? 'primary' : 'replica';
    return { databaseId, location, role };
  });
  await transaction
    .insertInto('instances')
    .values(
      instances.map(({ location, role }) => ({
        id: randomUUID(),
        database_id: databaseId,
        location,
        role,
        ready: 0 as const,
      })),
    )
    .execute();
  return instances;
}

async function build(
  parts: Parts,
  instances: readonly InstanceRef[],
  source: Source | undefined,
  dump: string | undefined,
): Promise<void> {
  const primary = instances.find(({ role }) => role === 'primary');
  if (primary === undefined) {
    throw new Error('the group has no primary location');
  }
  if (dump !== undefined) {
    await parts.engine.loadDump(dump, primary);
    await parts.dumps.forget(dump);
  }
  await parts.engine.createDatabase(primary);
  if (source !== undefined) {
    await refuseOutsideWindow(parts, source);
    await parts.engine.copyDatabase(source.primary, primary, source.atMs);
  }
  for (const replica of instances.filter(({ role }) => role === 'replica')) {
    await parts.engine.addReplica(replica, primary);
  }
}

async function refuseOutsideWindow(parts: Parts, { name, primary, createdAtMs, atMs }: Source): Promise<void> {
  if (atMs === undefined) {
    return;
  }
  const { earliestMs, latestMs } = await restoreWindow(parts, primary, createdAtMs);
  if (atMs < earliestMs || atMs > latestMs) {
    throw new SkerryError('restore_outside_window', {
      database: name,
      earliest: new Date(earliestMs).toISOString(),
      latest: new Date(latestMs).toISOString(),
    });
  }
}

async function confirm(
  parts: Parts,
  databaseId: string,
  wanted: NewDatabase,
  { source, location }: { readonly source: Source | undefined; readonly location: string },
): Promise<void> {
  const { organizationId, name, actor } = wanted;
  await parts.db.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('databases')
      .set({ state: 'ready', worker: null })
      .where('id', '=', databaseId)
      .where('state', '=', 'creating')
      .executeTakeFirst();
    // Only when this process had lost the store for a while, and with it the group's lock.
    if (numUpdatedRows !== 1n || !(await isWhereItsGroupIs(transaction, databaseId, wanted.groupId))) {
      throw new SkerryError('change_interrupted');
    }
    await transaction.updateTable('instances').set({ ready: 1 }).where('database_id', '=', databaseId).execute();
    await notePolicyChange(transaction, parts, databaseId, location);
    await recordAudit(transaction, {
      organizationId,
      actor,
      code: 'db-create',
      message: source === undefined ? `database ${name} created` : createdFrom(name, source),
      data: { database: name, id: databaseId, ...(source === undefined ? {} : { parent: source.name }) },
      nowMs: parts.now(),
    });
  });
}

async function isWhereItsGroupIs(
  transaction: Transaction<Tables>,
  databaseId: string,
  groupId: string,
): Promise<boolean> {
  const wanted = await transaction
    .selectFrom('group_locations')
    .where('group_id', '=', groupId)
    .where('state', '=', 'ready')
    .select('location')
    .execute();
  const present = await transaction
    .selectFrom('instances')
    .where('database_id', '=', databaseId)
    .select('location')
    .execute();
  const locations = new Set(present.map(({ location }) => location));
  return wanted.length === locations.size && wanted.every(({ location }) => locations.has(location));
}

function createdFrom(name: string, { name: parent, atMs }: Source): string {
  return `database ${name} created from ${parent}${atMs === undefined ? '' : ` as of ${new Date(atMs).toISOString()}`}`;
}
