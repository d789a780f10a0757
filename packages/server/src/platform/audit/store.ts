import type { AuditCode } from '@skerry/contract/audit-codes';
import type { Transaction } from 'kysely';

import type { Tables } from '../../store/tables.ts';
import { timeOrderedId } from '../ids.ts';

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
      id: timeOrderedId(entry.nowMs),
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
