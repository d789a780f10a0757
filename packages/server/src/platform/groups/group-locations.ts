/**
 * Gives all databases of a group a replica in a location, or takes them away. The group's lock is held all the time, so
 * no database comes or goes meanwhile. `adding` and `removing` mark the work in the store; an addition that failed, or
 * that a crash interrupted, is taken away again, because nobody was told of it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

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
      .values({ group_id: group.id, location, state: 'adding', created_at_ms: parts.now() })
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
      await transaction
        .updateTable('group_locations')
        .set({ state: 'ready' })
        .where('group_id', '=', group.id)
        .where('location', '=', location)
        .execute();
      await transaction
        .updateTable('instances')
        .set({ ready: 1 })
        .where('location', '=', location)
        .where('database_id', 'in', databasesIn(parts, group.id))
        .execute();
      await recordAudit(transaction, {
        organizationId: group.organization_id,
        actor,
        code: 'instance-create',
        message: `location ${location} added to group ${group.name}`,
        data: { group: group.name, location },
        nowMs: parts.now(),
      });
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
      .set({ state: 'removing' })
      .where('group_id', '=', group.id)
      .where('location', '=', location)
      .execute();
    await transaction
      .updateTable('instances')
      .set({ ready: 0 })
      .where('location', '=', location)
      .where('database_id', 'in', databasesIn(parts, group.id))
      .execute();
    await recordAudit(transaction, {
      organizationId: group.organization_id,
      actor,
      code: 'instance-delete',
      message: `location ${location} removed from group ${group.name}`,
      data: { group: group.name, location },
      nowMs: parts.now(),
    });
    const rows = await transaction.selectFrom('databases').where('group_id', '=', group.id).select('id').execute();
    return rows.map(({ id }) => id);
  });
  parts.directory.groupChanged(group.id, databaseIds);
  // It is gone for everybody; what cannot be cleared away now is cleared at the next start.
  await dismantle(parts, group.id, location).catch((error: unknown) => {
    parts.log.warn({ groupId: group.id, location, err: error }, 'replicas are left until the next start');
  });
}

/** At start: locations that an earlier run was adding or removing. */
export async function dismantleUnfinished(parts: Parts): Promise<void> {
  const rows = await parts.db
    .selectFrom('group_locations')
    .where('state', '<>', 'ready')
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
    .where('database_id', 'in', databasesIn(parts, groupId))
    .select('database_id')
    .execute();
  await forEachLimited(rows, AT_ONCE, async ({ database_id: databaseId }) => {
    await parts.engine.removeReplica({ databaseId, location, role: 'replica' });
  });
  await parts.db.transaction().execute(async (transaction) => {
    await transaction
      .deleteFrom('instances')
      .where('location', '=', location)
      .where('database_id', 'in', databasesIn(parts, groupId))
      .execute();
    await transaction
      .deleteFrom('group_locations')
      .where('group_id', '=', groupId)
      .where('location', '=', location)
      .execute();
  });
}

function databasesIn(parts: Parts, groupId: string) {
  return parts.db.selectFrom('databases').where('group_id', '=', groupId).select('id');
}
