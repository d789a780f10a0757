/**
 * What is kept of deleted databases and groups, so that they can be brought back.
 *
 * Outwardly a deleted database is gone at once: its rows leave the tables that names, addresses, tokens and lists come
 * from, and move into one row here. Its files stay where they are (a folder is named by the id, which nobody gets
 * again) until it is restored or its time is over. Where nothing is to be kept, files go at once, as removals.ts says.
 *
 * @module
 */
import type { Selectable, Transaction } from 'kysely';

import type {
  DatabaseLabelsTable,
  DatabasesTable,
  GroupLocationsTable,
  GroupsTable,
  InstancesTable,
  Tables,
  TokenKeysTable,
} from '../../store/tables.ts';
import { applyPolicy, notePolicyChange } from '../databases/policy.ts';
import { shownDatabase } from '../databases/shown.ts';
import { type DatabaseRow, noteRemoval } from '../databases/store.ts';
import { type GroupRow, locationsOf } from '../groups/store.ts';
import type { OrganizationAccess } from '../http/request.ts';
import { forEachLimited } from '../limited.ts';
import type { Parts } from '../parts.ts';

export interface DatabaseRecords {
  readonly database: Selectable<DatabasesTable>;
  readonly labels: readonly Selectable<DatabaseLabelsTable>[];
  readonly instances: readonly Selectable<InstancesTable>[];
  readonly key: Selectable<TokenKeysTable> | undefined;
}

export interface GroupRecords {
  readonly group: Selectable<GroupsTable>;
  readonly locations: readonly Selectable<GroupLocationsTable>[];
  readonly key: Selectable<TokenKeysTable> | undefined;
}

/** Files of so many databases are closed or removed at a time. */
const AT_ONCE = 8;
const SWEEP_MAX = 100;

export function isDeletionKept(parts: Pick<Parts, 'deletedRetentionMs'>, organization: OrganizationAccess): boolean {
  return parts.deletedRetentionMs > 0 && organization.restore_enabled === 1;
}

/**
 * Moves a database's rows.
 *
 * @param groupDeletedAtMs set when its group is deleted with it
 */
export async function keepDeleted(
  { addresses, engine, now }: Pick<Parts, 'addresses' | 'engine' | 'now'>,
  transaction: Transaction<Tables>,
  organizationId: string,
  row: DatabaseRow,
  groupDeletedAtMs: number | null,
): Promise<void> {
  const { id, group_id: groupId, name } = row;
  const group = { id: groupId, primary_location: row.primary_location };
  const locations = await locationsOf(transaction, [group]);
  const records: DatabaseRecords = {
    database: await transaction.selectFrom('databases').where('id', '=', id).selectAll().executeTakeFirstOrThrow(),
    labels: await transaction.selectFrom('database_labels').where('database_id', '=', id).selectAll().execute(),
    instances: await transaction.selectFrom('instances').where('database_id', '=', id).selectAll().execute(),
    key: await transaction.selectFrom('token_keys').where('owner_id', '=', id).selectAll().executeTakeFirst(),
  };
  await transaction.deleteFrom('databases').where('id', '=', id).execute();
  await transaction.deleteFrom('token_keys').where('owner_id', '=', id).execute();
  await transaction
    .insertInto('deleted_databases')
    .values({
      id,
      organization_id: organizationId,
      group_id: groupId,
      name,
      shown: JSON.stringify(shownDatabase(row, locations.get(groupId) ?? [], addresses)),
      records: JSON.stringify(records),
      deleted_at_ms: groupDeletedAtMs ?? now(),
      group_deleted_at_ms: groupDeletedAtMs,
    })
    .execute();
  await notePolicyChange(transaction, { engine }, id, row.primary_location);
}

/** Keeps a group's rows; the caller deletes them. */
export async function keepDeletedGroup(
  transaction: Transaction<Tables>,
  group: GroupRow,
  deletedAtMs: number,
): Promise<void> {
  const { id, organization_id: organizationId, name } = group;
  const records: GroupRecords = {
    group,
    locations: await transaction
      .selectFrom('group_locations')
      .where('group_id', '=', id)
      .where('state', '=', 'ready')
      .selectAll()
      .execute(),
    key: await transaction.selectFrom('token_keys').where('owner_id', '=', id).selectAll().executeTakeFirst(),
  };
  await transaction
    .insertInto('deleted_groups')
    .values({
      id,
      organization_id: organizationId,
      name,
      records: JSON.stringify(records),
      deleted_at_ms: deletedAtMs,
    })
    .execute();
}

/**
 * Ends what is open on databases that are kept. On this machine nothing is open after a crash, so nothing is noted; a
 * server that keeps settings of its own is told in the end.
 *
 * @param location of their primaries
 */
export async function closeDeleted(parts: Parts, ids: readonly string[], location: string): Promise<void> {
  const { engine, log } = parts;
  const { keepsPolicy } = engine.traits(location);
  await forEachLimited(ids, AT_ONCE, async (databaseId) => {
    const closed = keepsPolicy ? applyPolicy(parts, databaseId) : engine.closeDatabase(databaseId, location);
    await closed.catch((error: unknown) => {
      log.warn({ databaseId, err: error }, 'a deleted database may have streams that are still open');
    });
  });
}

/** Everything kept of an organization, for it is deleted. Answers whose files are to be removed. */
export async function discardDeleted(
  transaction: Transaction<Tables>,
  organizationId: string,
  by: { readonly nowMs: number; readonly workerId: string },
): Promise<string[]> {
  await transaction.deleteFrom('deleted_groups').where('organization_id', '=', organizationId).execute();
  const rows = await transaction
    .deleteFrom('deleted_databases')
    .where('organization_id', '=', organizationId)
    .returning('id')
    .execute();
  for (const { id } of rows) {
    await noteRemoval(transaction, id, by);
  }
  return rows.map(({ id }) => id);
}

/** Removes what can be restored no longer, some at a time. */
export async function sweepDeleted(parts: Parts): Promise<void> {
  const { db, now, coordination, deletedRetentionMs, removals } = parts;
  const untilMs = now() - deletedRetentionMs;
  const expired = await db
    .selectFrom('deleted_databases')
    .where('deleted_at_ms', '<=', untilMs)
    .select('id')
    .limit(SWEEP_MAX)
    .execute();
  const by = { nowMs: now(), workerId: coordination.workerId };
  const taken: string[] = [];
  for (const { id } of expired) {
    await db.transaction().execute(async (transaction) => {
      // Another process may be faster, or somebody may have restored it.
      const rows = await transaction.deleteFrom('deleted_databases').where('id', '=', id).returning('id').execute();
      if (rows.length > 0) {
        await noteRemoval(transaction, id, by);
        taken.push(id);
      }
    });
  }
  await db.deleteFrom('deleted_groups').where('deleted_at_ms', '<=', untilMs).execute();
  await removals.finish(taken);
}
