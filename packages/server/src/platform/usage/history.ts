/**
 * Usage step by step, for charts: every step of the span is told, also those in which nothing was used.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type * as operations from '@skerry/contract/operations/usage';
import { sql } from 'kysely';
import type { z } from 'zod';

import { findDatabase } from '../databases/store.ts';
import type { OrganizationAccess } from '../http/request.ts';
import type { Parts } from '../parts.ts';
import { parseTime } from './go-time.ts';
import { HOUR_MS, type UsageRecorder } from './recorder.ts';

type History = z.input<typeof operations.getDatabaseUsageHistory.response>;

export interface HistorySpan {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly step?: string | undefined;
}

/** Both are whole hours, in which usage is counted; days are those of UTC. */
/** By what the client writes: an object would also know `constructor`. */
const STEPS_MS: ReadonlyMap<string, number> = new Map([
  ['hour', HOUR_MS],
  ['day', 24 * HOUR_MS],
]);
const STEPS_MAX = 1000;

export class UsageHistory {
  readonly #parts: Parts;
  readonly #recorder: UsageRecorder;

  constructor(parts: Parts, recorder: UsageRecorder) {
    this.#parts = parts;
    this.#recorder = recorder;
  }

  /** @throws SkerryError time_invalid, invalid_request */
  async ofOrganization(organization: OrganizationAccess, span: HistorySpan): Promise<History> {
    return await this.#read(organization, undefined, span);
  }

  /** @throws SkerryError database_not_found, time_invalid, invalid_request */
  async ofDatabase(organization: OrganizationAccess, name: string, span: HistorySpan): Promise<History> {
    const row = await findDatabase(this.#parts.db, organization.id, { name });
    if (row === undefined) {
      throw new SkerryError('database_not_found', { database: name });
    }
    return await this.#read(organization, row.id, span);
  }

  async #read(organization: OrganizationAccess, databaseId: string | undefined, span: HistorySpan): Promise<History> {
    const { stepMs, fromMs, toMs } = this.#steps(span);
    await this.#recorder.flush();
    let query = this.#parts.db
      .selectFrom('usage_hours')
      .innerJoin('databases', 'databases.id', 'usage_hours.database_id')
      .where('databases.organization_id', '=', organization.id)
      .where('hour_ms', '>=', fromMs)
      .where('hour_ms', '<', toMs);
    if (databaseId !== undefined) {
      query = query.where('databases.id', '=', databaseId);
    }
    if (organization.onlyGroupId !== null) {
      query = query.where('databases.group_id', '=', organization.onlyGroupId);
    }
    const rows = await query
      .groupBy('hour_ms')
      .select([
        'hour_ms',
        sql<number>`sum(rows_read)`.as('rows_read'),
        sql<number>`sum(rows_written)`.as('rows_written'),
        sql<number>`sum(bytes_synced)`.as('bytes_synced'),
      ])
      .execute();
    const points = Array.from({ length: (toMs - fromMs) / stepMs }, (_, index) => ({
      at: new Date(fromMs + index * stepMs).toISOString().replace('.000Z', 'Z'),
      rows_read: 0,
      rows_written: 0,
      bytes_synced: 0,
    }));
    for (const row of rows) {
      const point = points[Math.floor((row.hour_ms - fromMs) / stepMs)];
      if (point !== undefined) {
        point.rows_read += row.rows_read;
        point.rows_written += row.rows_written;
        point.bytes_synced += row.bytes_synced;
      }
    }
    return { step_seconds: stepMs / 1000, points };
  }

  #steps({ from, to, step = 'hour' }: HistorySpan): { stepMs: number; fromMs: number; toMs: number } {
    const stepMs = STEPS_MS.get(step);
    if (stepMs === undefined) {
      throw new SkerryError('invalid_request', { problem: 'step: must be hour or day' });
    }
    const nowMs = this.#parts.now();
    const endMs = to === undefined || to === '' ? nowMs : parseTime('to', to);
    const startMs = from === undefined || from === '' ? endMs - 24 * stepMs : parseTime('from', from);
    const toMs = Math.floor(endMs / stepMs) * stepMs + stepMs;
    const fromMs = Math.floor(startMs / stepMs) * stepMs;
    if (fromMs >= toMs || (toMs - fromMs) / stepMs > STEPS_MAX) {
      throw new SkerryError('time_invalid', {
        parameter: 'from',
        problem: `must be 1 to ${STEPS_MAX} steps before to`,
      });
    }
    return { stepMs, fromMs, toMs };
  }
}
