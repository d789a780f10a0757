import type { Kysely, Selectable, Transaction } from 'kysely';

import type { StoredKey } from '../../access/signing-keys.ts';
import type { DatabasesTable, InstancesTable, Tables } from '../../store/tables.ts';

/** A database with what is shown of its group and its address. */
export interface DatabaseRow extends Selectable<DatabasesTable> {
  group_name: string;
  primary_location: string;
  /** The current one. */
  label: string;
}

export type InstanceRow = Selectable<InstancesTable>;

export type Which = { readonly id: string } | { readonly name: string };

/** Of databases that are ready; others do not exist yet as far as anybody is told. */
function readyDatabases(db: Kysely<Tables>) {
  return db
    .selectFrom('databases as d')
    .innerJoin('groups as g', 'g.id', 'd.group_id')
    .innerJoin('database_labels as l', (join) => join.onRef('l.database_id', '=', 'd.id').on('l.is_current', '=', 1))
    .where('d.state', '=', 'ready')
    .selectAll('d')
    .select(['g.name as group_name', 'g.primary_location', 'l.label']);
}

export async function findDatabase(
  db: Kysely<Tables>,
  organizationId: string,
  which: Which,
): Promise<DatabaseRow | undefined> {
  const databases = readyDatabases(db).where('d.organization_id', '=', organizationId);
  return await (
    'id' in which ? databases.where('d.id', '=', which.id) : databases.where('d.name', '=', which.name)
  ).executeTakeFirst();
}

/** The little that is asked of a database on every restricted request. */
export async function findDatabaseParts(
  db: Kysely<Tables>,
  organizationId: string,
  which: Which,
): Promise<{ id: string; name: string; group_id: string } | undefined> {
  const databases = db
    .selectFrom('databases')
    .select(['id', 'name', 'group_id'])
    .where('organization_id', '=', organizationId)
    .where('state', '=', 'ready');
  return await (
    'id' in which ? databases.where('id', '=', which.id) : databases.where('name', '=', which.name)
  ).executeTakeFirst();
}

export interface DatabaseFilter {
  readonly organizationId: string;
  readonly groupName?: string | undefined;
  readonly groupId?: string | undefined;
  readonly onlyGroupId: string | null;
  readonly parentId?: string | undefined;
  /** Only names after this one. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** By name. */
export async function listDatabaseRows(db: Kysely<Tables>, filter: DatabaseFilter): Promise<DatabaseRow[]> {
  let databases = readyDatabases(db).where('d.organization_id', '=', filter.organizationId).orderBy('d.name');
  if (filter.groupName !== undefined) {
    databases = databases.where('g.name', '=', filter.groupName);
  }
  for (const groupId of [filter.groupId, filter.onlyGroupId]) {
    if (groupId !== undefined && groupId !== null) {
      databases = databases.where('d.group_id', '=', groupId);
    }
  }
  if (filter.parentId !== undefined) {
    databases = databases.where('d.parent_id', '=', filter.parentId);
  }
  if (filter.after !== undefined) {
    databases = databases.where('d.name', '>', filter.after);
  }
  return await (filter.limit === undefined ? databases : databases.limit(filter.limit)).execute();
}

/** All, also those that are being made or removed: the primary first, then by location. */
export async function instancesOf(db: Kysely<Tables>, databaseId: string): Promise<InstanceRow[]> {
  return await db
    .selectFrom('instances')
    .select(['id', 'database_id', 'location', 'role', 'ready'])
    .where('database_id', '=', databaseId)
    .orderBy('role')
    .orderBy('location')
    .execute();
}

export async function insertKey(transaction: Transaction<Tables>, ownerId: string, key: StoredKey): Promise<void> {
  await transaction
    .insertInto('token_keys')
    .values({ id: key.id, owner_id: ownerId, public_key: key.publicKey, private_key: key.privateKey })
    .execute();
}

export async function replaceKey(transaction: Transaction<Tables>, ownerId: string, key: StoredKey): Promise<void> {
  await transaction
    .updateTable('token_keys')
    .set({ id: key.id, public_key: key.publicKey, private_key: key.privateKey })
    .where('owner_id', '=', ownerId)
    .execute();
}

/** Takes the records away and notes that files may be left, which the worker removes (see removals.ts). */
export async function deleteDatabaseRows(
  transaction: Transaction<Tables>,
  databaseId: string,
  { nowMs, workerId }: { readonly nowMs: number; readonly workerId: string },
): Promise<void> {
  await transaction.deleteFrom('databases').where('id', '=', databaseId).execute();
  await transaction.deleteFrom('token_keys').where('owner_id', '=', databaseId).execute();
  await noteRemoval(transaction, databaseId, { nowMs, workerId });
}

/** For good: notes that files are to be removed, and takes away what was counted. */
export async function noteRemoval(
  transaction: Transaction<Tables>,
  databaseId: string,
  { nowMs, workerId }: { readonly nowMs: number; readonly workerId: string },
): Promise<void> {
  await transaction
    .insertInto('removals')
    .values({ database_id: databaseId, requested_at_ms: nowMs, worker: workerId })
    // Another process took this one for dead, and was faster.
    .onConflict((conflict) => conflict.column('database_id').doNothing())
    .execute();
  await transaction.deleteFrom('usage_hours').where('database_id', '=', databaseId).execute();
}
