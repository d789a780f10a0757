/**
 * What dead processes left half done: earlier runs at the start, and later those that share the store; and what a server was not told
 * because it was away.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';

import { undoInterrupted } from './databases/creation.ts';
import { applyNotedPolicies } from './databases/policy.ts';
import { dismantleUnfinished } from './groups/group-locations.ts';
import type { Parts } from './parts.ts';
import { sweepDeleted } from './restore/records.ts';
import { sweepCounters } from './sessions/counters.ts';

/**
 * Whoever finds that a worker is dead finishes or undoes its work. An engine that fails at this does not keep the server
 * from starting: what is left is tried again next time.
 */
export async function recover(parts: Parts): Promise<void> {
  for (const workerId of await unfinishedWorkers(parts)) {
    if (workerId === null) {
      await takeOver(parts, null);
    } else {
      await parts.coordination.ifDead(workerId, async () => await takeOver(parts, workerId));
    }
  }
}

/** Until the signal, now and then: others that died, and files that could not be removed at once. */
export async function keepTidy(parts: Parts, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (!signal.aborted) {
      const isUp = (location: string): boolean => parts.engine.statusOf(location) === 'up';
      await Promise.all([
        recover(parts),
        parts.removals.retry(),
        sweepDeleted(parts),
        applyNotedPolicies(parts, isUp),
        sweepCounters(parts.db, parts.now()),
      ]).catch((error: unknown) => {
        parts.log.warn({ err: error }, 'what is unfinished is left for the next look');
      });
    }
  }
}

async function takeOver(parts: Parts, workerId: string | null): Promise<void> {
  await parts.removals.finish(await undoInterrupted(parts, workerId));
  await dismantleUnfinished(parts, workerId).catch((error: unknown) => {
    parts.log.warn({ err: error }, 'replicas of an interrupted change are left until the next look');
  });
  await parts.removals.takeOver(workerId);
}

/** Null: noted before workers were. */
async function unfinishedWorkers({ db, coordination }: Parts): Promise<(string | null)[]> {
  const rows = await db
    .selectFrom('databases')
    .where('state', '=', 'creating')
    .select('worker')
    .union(db.selectFrom('group_locations').where('state', '<>', 'ready').select('worker'))
    .union(db.selectFrom('removals').select('worker'))
    .execute();
  return rows.map(({ worker }) => worker).filter((worker) => worker !== coordination.workerId);
}
