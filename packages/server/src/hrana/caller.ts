/**
 * From a verified head of the gateway to what its statements may do.
 *
 * @module
 */
import type { DatabaseSettings, InstanceRef } from '../relay/messages.ts';
import type { Rights } from '../relay/rights.ts';
import type { HostServices } from './http/request.ts';
import type { Caller } from './stream.ts';

export function callerOf(
  { instance, settings }: { readonly instance: InstanceRef; readonly settings: DatabaseSettings },
  rights: Rights,
  channelId: number,
  { databases, usage, changes, budgets, cell, flush, limits }: HostServices,
): Caller {
  const beforeWork = (isQuick = false): void => {
    if (!isQuick) {
      flush();
    }
    cell.running(channelId, limits.statementMs);
  };
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
    },
    budget: budgets.begin(instance.databaseId),
    statementMs: limits.statementMs,
    beforeWork,
    record: (sql, rowsRead, rowsWritten) => usage.statement(instance, sql, rowsRead, rowsWritten),
    changes: {
      isHeard: () => changes.isHeard(instance.databaseId),
      tell: (committed) => changes.tell(instance.databaseId, committed),
    },
  };
}
