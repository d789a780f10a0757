/**
 * What an earlier run, ended by a crash, left half done.
 *
 * @module
 */
import { undoInterrupted } from './databases/creation.ts';
import { dismantleUnfinished } from './groups/group-locations.ts';
import type { Parts } from './parts.ts';

/** An engine that fails at this does not keep the server from starting: what is left is tried again next time. */
export async function recover(parts: Parts): Promise<void> {
  await undoInterrupted(parts);
  await dismantleUnfinished(parts).catch((error: unknown) => {
    parts.log.warn({ err: error }, 'replicas of an interrupted change are left until the next start');
  });
  await parts.removals.finishAll();
}
