/**
 * From a verified head of the gateway to what its statements may do.
 *
 * @module
 */
import type { DatabaseSettings, InstanceRef } from '../relay/messages.ts';
import type { Rights } from '../relay/rights.ts';
import type { HostServices } from './http/request.ts';
import type { Caller } from './stream.ts';

/** Thrown amid a request of which nothing has run: the gateway has given it to another host. */
export class Revoked extends Error {}

/** @param request the channel that brought it; movable: the gateway may give it to another host while nothing has run */
export function callerOf(
  { instance, settings }: { readonly instance: InstanceRef; readonly settings: DatabaseSettings },
  rights: Rights,
  { channelId, isMovable }: { readonly channelId: number; readonly isMovable: () => boolean },
  { databases, usage, changes, budgets, cell, flush, limits }: HostServices,
): Caller {
  const beforeWork = (isQuick = false): void => {
    if (!isQuick) {
      flush();
    }
    cell.running(channelId, limits.statementMs);
  };
  let hasRun = false;
  return {
    scope: {
      rights,
      settings,
      attachPath(name) {
        const lower = name.toLowerCase();
        const target = rights.attach.find((attachable) => attachable.name.toLowerCase() === lower);
        return target === undefined ? undefined : databases.primaryPath(target.databaseId);
      },
      blocks: beforeWork,
      waits() {
        if (isMovable() && !hasRun) {
          cell.waits(channelId);
        }
      },
      goesOn() {
        if (isMovable() && !hasRun) {
          cell.goesOn(channelId);
          if (cell.isRevoked(channelId)) {
            throw new Revoked();
          }
        }
      },
    },
    budget: budgets.begin(instance.databaseId),
    statementMs: limits.statementMs,
    beforeWork,
    record(sql, rowsRead, rowsWritten) {
      hasRun = true;
      usage.statement(instance, sql, rowsRead, rowsWritten);
    },
    changes: {
      isHeard: () => changes.isHeard(instance.databaseId),
      tell: (committed) => changes.tell(instance.databaseId, committed),
    },
  };
}
