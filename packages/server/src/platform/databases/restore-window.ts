/**
 * The times that a database can be restored to: any from the beginning of what its log keeps until now.
 *
 * @module
 */
import type { InstanceRef } from '../../relay/messages.ts';
import type { Parts } from '../parts.ts';

export interface RestoreWindow {
  readonly earliestMs: number;
  readonly latestMs: number;
}

export async function restoreWindow(
  { engine, now }: Pick<Parts, 'engine' | 'now'>,
  primary: InstanceRef,
  createdAtMs: number,
): Promise<RestoreWindow> {
  const earliestMs = Math.max(createdAtMs, await engine.restorableSinceMs(primary));
  return { earliestMs, latestMs: Math.max(earliestMs, now()) };
}
