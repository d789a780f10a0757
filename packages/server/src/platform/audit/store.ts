import type { AuditCode } from '@skerry/contract/audit-codes';
import type { Transaction } from 'kysely';

import type { Tables } from '../../store/tables.ts';
import { timeOfId, timeOrderedId } from '../ids.ts';

/** Who makes a change. */
export interface Actor {
  readonly username: string;
  /** `cli` for Turso's own CLI, by its User-Agent; everything else is `web`. */
  readonly origin: 'cli' | 'web';
}

export interface AuditEntry {
  readonly organizationId: string;
  readonly actor: Actor;
  readonly code: AuditCode;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
}

/** Only inside the transaction that makes the change: the log tells what happened, and nothing else. */
export async function recordAudit(transaction: Transaction<Tables>, entry: AuditEntry): Promise<void> {
  await transaction
    .insertInto('audit_log')
    .values({
      id: await nextId(transaction, entry.nowMs),
      organization_id: entry.organizationId,
      code: entry.code,
      message: entry.message,
      origin: entry.actor.origin,
      author: entry.actor.username,
      data: JSON.stringify(entry.data ?? {}),
      created_at_ms: entry.nowMs,
    })
    .execute();
}

/** Greater than every id before, so that entries of one millisecond keep their order. */
async function nextId(transaction: Transaction<Tables>, nowMs: number): Promise<string> {
  const { last } = await transaction
    .selectFrom('audit_log')
    .select(({ fn }) => fn.max('id').as('last'))
    .executeTakeFirstOrThrow();
  const id = timeOrderedId(nowMs);
  // Kysely does not tell that a maximum of nothing is null.
  const latest: string | null = last;
  return latest === null || latest < id ? id : timeOrderedId(timeOfId(latest) + 1);
}
