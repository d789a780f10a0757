/**
 * Gives all databases of a group a replica in a location, or takes them away. The group's lock is held all the time, so
 * no database comes or goes meanwhile. `adding` and `removing` mark the work in the store, and who does it; an addition
 * that failed, or that a crash interrupted, is taken away again, because nobody was told of it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Kysely, Transaction } from 'kysely';

import type { Tables } from '../../store/tables.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import { forEachLimited } from '../limited.ts';
import type { Parts } from '../parts.ts';
import { unhurried } from '../unhurried.ts';
import type { GroupRow } from './store.ts';

const AT_ONCE = 4;

/** Under the group's exclusive lock. */
export async function addLocation(parts: Parts, group: GroupRow, location: string, actor: Actor): Promise<void> {
  await dismantle(parts, group.id, location);
  const databaseIds = await parts.db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('group_locations')
      .values({
        group_id: group.id,
        location,
        state: 'adding',
        worker: parts.coordination.workerId,
        created_at_ms: parts.now(),
      })
      .execute();
    const databases = await transaction.selectFrom('databases').where('group_id', '=', group.id).select('id').execute();
    for await (const { id } of unhurried(databases)) {
      await transaction
        .insertInto('instances')
        .values({ id: randomUUID(), database_id: id, location, role: 'replica', ready: 0 })
        .execute();
    }
    return databases.map(({ id }) => id);
  });
  try {
    await forEachLimited(databaseIds, AT_ONCE, async (databaseId) => {
      await parts.engine.addReplica(
        { databaseId, location, role: 'replica' },
        { databaseId, location: group.primary_location, role: 'primary' },
      );
    });
    await parts.db.transaction().execute(async (transaction) => {
      await confirmAddition(transaction, group, location);
      await record(transaction, { parts, group, location, actor, code: 'instance-create', done: 'added to' });
    });
  } catch (error) {
    await dismantle(parts, group.id, location).catch((failure: unknown) => {
      parts.log.warn({ groupId: group.id, location, err: failure }, 'replicas are left until the next start');
    });
    throw error;
  }
  parts.directory.groupChanged(group.id, databaseIds);
}

/** Under the group's exclusive lock; not for the primary location. */
export async function removeLocation(parts: Parts, group: GroupRow, location: string, actor: Actor): Promise<void> {
  const databaseIds = await parts.db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('group_locations')
      .set({ state: 'removing', worker: parts.coordination.workerId })
      .where('group_id', '=', group.id)
      .where('location', '=', location)
      .execute();
    await setReady(transaction, group.id, location, 0);
    await record(transaction, { parts, group, location, actor, code: 'instance-delete', done: 'removed from' });
    const rows = await transaction.selectFrom('databases').where('group_id', '=', group.id).select('id').execute();
    return rows.map(({ id }) => id);
  });
  parts.directory.groupChanged(group.id, databaseIds);
  // It is gone for everybody; what cannot be cleared away now is cleared at the next start, or when it is added again.
  await dismantle(parts, group.id, location).catch((error: unknown) => {
    parts.log.warn({ groupId: group.id, location, err: error }, 'replicas are left until the next start');
  });
}

/** Takes away locations that a worker was adding or removing when it died. */
export async function dismantleUnfinished(parts: Parts, deadWorkerId: string | null): Promise<void> {
  const rows = await parts.db
    .selectFrom('group_locations')
    .where('state', '<>', 'ready')
    .where('worker', deadWorkerId === null ? 'is' : '=', deadWorkerId)
    .select(['group_id', 'location'])
    .execute();
  for (const { group_id: groupId, location } of rows) {
    await dismantle(parts, groupId, location);
  }
}

/** Takes away replicas that are not, or no longer, confirmed. Nothing to do when the location is not being changed. */
async function dismantle(parts: Parts, groupId: string, location: string): Promise<void> {
  const unfinished = await parts.db
    .selectFrom('group_locations')
    .where('group_id', '=', groupId)
    .where('location', '=', location)
    .where('state', '<>', 'ready')
    .select('state')
    .executeTakeFirst();
  if (unfinished === undefined) {
    return;
  }
  const rows = await parts.db
    .selectFrom('instances')
    .where('location', '=', location)
    .where('database_id', 'in', databasesIn(parts.db, groupId))
    .select('database_id')
    .execute();
  await forEachLimited(rows, AT_ONCE, async ({ database_id: databaseId }) => {
    await parts.engine.removeReplica({ databaseId, location, role: 'replica' });
  });
  await parts.db.transaction().execute(async (transaction) => {
    await transaction
      .deleteFrom('instances')
      .where('location', '=', location)
      .where('database_id', 'in', databasesIn(transaction, groupId))
      .execute();
    await transaction
      .deleteFrom('group_locations')
      .where('group_id', '=', groupId)
      .where('location', '=', location)
      .execute();
  });
}

/** @throws SkerryError change_interrupted when this process had lost the group's lock, with its connection to the store */
async function confirmAddition(transaction: Transaction<Tables>, group: GroupRow, location: string): Promise<void> {
  const { numUpdatedRows } = await transaction
    .updateTable('group_locations')
    .set({ state: 'ready', worker: null })
    .where('group_id', '=', group.id)
    .where('location', '=', location)
    .where('state', '=', 'adding')
    .executeTakeFirst();
  const without = await databasesIn(transaction, group.id)
    .where('id', 'not in', transaction.selectFrom('instances').where('location', '=', location).select('database_id'))
    .limit(1)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n || without !== undefined) {
    throw new SkerryError('change_interrupted');
  }
  await setReady(transaction, group.id, location, 1);
}

async function setReady(
  transaction: Transaction<Tables>,
  groupId: string,
  location: string,
  ready: 0 | 1,
): Promise<void> {
  await transaction
    .updateTable('instances')
    .set({ ready })
    .where('location', '=', location)
    .where('database_id', 'in', databasesIn(transaction, groupId))
    .execute();
}

async function record(
  transaction: Transaction<Tables>,
  change: {
    readonly parts: Parts;
    readonly group: GroupRow;
    readonly location: string;
    readonly actor: Actor;
    readonly code: 'instance-create' | 'instance-delete';
    readonly done: string;
  },
): Promise<void> {
  const { group, location } = change;
  await recordAudit(transaction, {
    organizationId: group.organization_id,
    actor: change.actor,
    code: change.code,
    message: `location ${location} ${change.done} group ${group.name}`,
    data: { group: group.name, location },
    nowMs: change.parts.now(),
  });
}

function databasesIn(db: Kysely<Tables>, groupId: string) {
  return db.selectFrom('databases').where('group_id', '=', groupId).select('id');
}
