import { SkerryError } from '@skerry/contract/errors/catalogue';
import type * as operations from '@skerry/contract/operations/usage';
import { sql } from 'kysely';
import type { z } from 'zod';

import { findDatabase, type InstanceRow, listDatabaseRows } from '../databases/store.ts';
import { groupsOf, locationsOf } from '../groups/store.ts';
import type { OrganizationAccess } from '../http/request.ts';
import { forEachLimited } from '../limited.ts';
import type { Parts } from '../parts.ts';
import { parseTime } from './go-time.ts';
import { HOUR_MS, hourOf, type UsageRecorder } from './recorder.ts';

type DatabaseUsage = z.input<typeof operations.DatabaseUsage>;
type Usage = DatabaseUsage['total'];
type OrganizationUsage = z.input<typeof operations.getOrganizationUsage.response>;
type TopQueries = z.input<typeof operations.listTopQueries.response>;

interface Span {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Of which databases: those of an organization that the caller may see, or one of them. */
type Whose = Pick<OrganizationAccess, 'id' | 'onlyGroupId'> & { readonly onlyDatabaseId?: string };

const DAY_MS = 24 * HOUR_MS;
const TOP_QUERIES_MAX = 20;
const SIZES_AT_ONCE = 16;

export class UsageService {
  readonly #parts: Parts;
  readonly #recorder: UsageRecorder;

  constructor(parts: Parts, recorder: UsageRecorder) {
    this.#parts = parts;
    this.#recorder = recorder;
  }

  /** @throws SkerryError database_not_found, time_invalid */
  async ofDatabase(organization: OrganizationAccess, name: string, span: Span): Promise<DatabaseUsage> {
    const id = await this.#findId(organization, name);
    const usage = await this.#ofDatabases({ ...organization, onlyDatabaseId: id }, span);
    return usage.get(id) ?? shownUsage(id, []);
  }

  /** @throws SkerryError time_invalid */
  async ofOrganization(organization: OrganizationAccess, span: Span): Promise<OrganizationUsage> {
    const { db } = this.#parts;
    const rows = await listDatabaseRows(db, {
      organizationId: organization.id,
      onlyGroupId: organization.onlyGroupId,
    });
    const groups = await groupsOf(db, organization.id, organization.onlyGroupId);
    const locations = await locationsOf(db, groups);
    const usage = await this.#ofDatabases(organization, span);
    const databases = rows.map(({ id }) => usage.get(id) ?? shownUsage(id, []));
    const total = sumOf(databases.map((database) => database.total));
    return {
      organization: {
        uuid: organization.id,
        usage: {
          ...total,
          databases: rows.length,
          groups: groups.length,
          locations: new Set([...locations.values()].flat()).size,
        },
        databases,
      },
    };
  }

  /**
   * Heaviest first.
   *
   * @throws SkerryError database_not_found, time_invalid
   */
  async topQueries(organization: OrganizationAccess, name: string, from: string | undefined): Promise<TopQueries> {
    const { db, now } = this.#parts;
    const id = await this.#findId(organization, name);
    const fromMs = from === undefined || from === '' ? now() - DAY_MS : parseTime('from', from);
    await this.#recorder.flush();
    return await db
      .selectFrom('query_hours')
      .where('database_id', '=', id)
      .where('hour_ms', '>=', hourOf(fromMs))
      .groupBy('query')
      .select(({ fn }) => [
        'query',
        fn.sum<number>('rows_read').as('rows_read'),
        fn.sum<number>('rows_written').as('rows_written'),
      ])
      .orderBy(sql`sum(rows_read) + sum(rows_written)`, 'desc')
      .orderBy('query')
      .limit(TOP_QUERIES_MAX)
      .execute();
  }

  async #findId(organization: OrganizationAccess, name: string): Promise<string> {
    const row = await findDatabase(this.#parts.db, organization.id, { name });
    if (row === undefined) {
      throw new SkerryError('database_not_found', { database: name });
    }
    return row.id;
  }

  /** By their ids; with as many queries for a thousand databases as for one. */
  async #ofDatabases(whose: Whose, span: Span): Promise<Map<string, DatabaseUsage>> {
    const { fromMs, toMs } = this.#spanMs(span);
    await this.#recorder.flush();
    const counts = await this.#counts(whose, fromMs, toMs);
    const instances = await this.#instances(whose);
    const sizes = await this.#sizes(instances);
    const byDatabase = Map.groupBy(instances, ({ database_id: id }) => id);
    return new Map(
      [...byDatabase].map(([id, members]) => {
        const shown = members.map((instance) => ({
          uuid: instance.id,
          usage: {
            ...(counts.get(`${id} ${instance.location}`) ?? NO_ROWS),
            storage_bytes: sizes.get(instance.id) ?? 0,
          },
        }));
        return [id, shownUsage(id, shown)];
      }),
    );
  }

  /** Sums by `<database id> <location>`; also of locations that the group no longer has, which nobody then reads. */
  async #counts(whose: Whose, fromMs: number, toMs: number) {
    const rows = await this.#parts.db
      .selectFrom('usage_hours')
      .where('database_id', 'in', databaseIds(this.#parts.db, whose))
      .where('hour_ms', '>=', hourOf(fromMs))
      .where('hour_ms', '<', toMs)
      .groupBy(['database_id', 'location'])
      .select(({ fn }) => [
        'database_id',
        'location',
        fn.sum<number>('rows_read').as('rows_read'),
        fn.sum<number>('rows_written').as('rows_written'),
        fn.sum<number>('bytes_synced').as('bytes_synced'),
      ])
      .execute();
    return new Map(rows.map(({ database_id: id, location, ...sums }) => [`${id} ${location}`, sums]));
  }

  async #instances(whose: Whose): Promise<InstanceRow[]> {
    return await this.#parts.db
      .selectFrom('instances')
      .where('database_id', 'in', databaseIds(this.#parts.db, whose))
      .where('ready', '=', 1)
      .select(['id', 'database_id', 'location', 'role', 'ready'])
      .orderBy('role')
      .orderBy('location')
      .execute();
  }

  async #sizes(instances: readonly InstanceRow[]): Promise<Map<string, number>> {
    const { engine, log } = this.#parts;
    const sizes = new Map<string, number>();
    await forEachLimited(instances, SIZES_AT_ONCE, async ({ id, database_id: databaseId, location, role }) => {
      try {
        sizes.set(id, await engine.sizeBytes({ databaseId, location, role }));
      } catch (error) {
        // The other numbers are worth having without it.
        log.warn({ databaseId, location, err: error }, 'the size of a database is unknown and shown as 0');
      }
    });
    return sizes;
  }

  #spanMs({ from, to }: Span): { fromMs: number; toMs: number } {
    const nowMs = this.#parts.now();
    const today = new Date(nowMs);
    const monthMs = Date.UTC(today.getUTCFullYear(), today.getUTCMonth());
    return {
      fromMs: from === undefined || from === '' ? monthMs : parseTime('from', from),
      toMs: to === undefined || to === '' ? nowMs + 1 : parseTime('to', to),
    };
  }
}

function databaseIds(db: Parts['db'], { id, onlyGroupId, onlyDatabaseId }: Whose) {
  let databases = db
    .selectFrom('databases')
    .where('organization_id', '=', id)
    .where('state', '=', 'ready')
    .select('id');
  for (const [column, only] of [
    ['group_id', onlyGroupId],
    ['id', onlyDatabaseId ?? null],
  ] as const) {
    databases = only === null ? databases : databases.where(column, '=', only);
  }
  return databases;
}

const NO_ROWS = { rows_read: 0, rows_written: 0, bytes_synced: 0 };

function shownUsage(uuid: string, instances: readonly { uuid: string; usage: Usage }[]): DatabaseUsage {
  const total = sumOf(instances.map(({ usage }) => usage));
  return { uuid, instances: [...instances], total, usage: total };
}

function sumOf(parts: readonly Usage[]): Usage {
  const total = { ...NO_ROWS, storage_bytes: 0 };
  for (const part of parts) {
    total.rows_read += part.rows_read;
    total.rows_written += part.rows_written;
    total.bytes_synced += part.bytes_synced;
    total.storage_bytes += part.storage_bytes;
  }
  return total;
}
