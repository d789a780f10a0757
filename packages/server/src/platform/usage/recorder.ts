/**
 * Counts what databases do, and writes the counts to the store in batches.
 *
 * Recording is on the path of every query, so it only adds numbers in memory. What is in memory when the process dies is
 * lost: at most `FLUSH_MS` of counts, and no more is promised of them.
 *
 * @module
 */
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Logger } from 'pino';

import type { Tables } from '../../store/tables.ts';

const FLUSH_MS = 5_000;
export const HOUR_MS = 3_600_000;
/** Queries are kept for as long as the API shows them, and the hour that is running. */
const QUERIES_KEPT_MS = 25 * HOUR_MS;
/** Of one database in one hour; the heaviest stay. */
const QUERIES_MAX = 100;
/** In memory; one that comes beyond is not counted until the next flush. */
const PENDING_QUERIES_MAX = 10_000;
/** A longer text is cut: it only has to be recognised. */
const QUERY_MAX_CHARACTERS = 2_000;
const ROWS_AT_ONCE = 200;

export interface UsageSample {
  readonly databaseId: string;
  readonly location: string;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly bytesSynced: number;
}

export interface QuerySample {
  readonly databaseId: string;
  readonly sql: string;
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

interface UsageRow {
  database_id: string;
  location: string;
  hour_ms: number;
  rows_read: number;
  rows_written: number;
  bytes_synced: number;
}

interface QueryRow {
  database_id: string;
  hour_ms: number;
  query: string;
  rows_read: number;
  rows_written: number;
}

export class UsageRecorder {
  readonly #db: Kysely<Tables>;
  readonly #now: () => number;
  readonly #log: Logger;
  #usage = new Map<string, UsageRow>();
  #queries = new Map<string, QueryRow>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(db: Kysely<Tables>, now: () => number, log: Logger) {
    this.#db = db;
    this.#now = now;
    this.#log = log;
  }

  recordUsage(sample: UsageSample): void {
    const { databaseId, location } = sample;
    const hourMs = hourOf(this.#now());
    const key = `${databaseId} ${location} ${hourMs}`;
    const row = this.#usage.get(key) ?? {
      database_id: databaseId,
      location,
      hour_ms: hourMs,
      rows_read: 0,
      rows_written: 0,
      bytes_synced: 0,
    };
    row.rows_read += sample.rowsRead;
    row.rows_written += sample.rowsWritten;
    row.bytes_synced += sample.bytesSynced;
    this.#usage.set(key, row);
    this.#wake();
  }

  recordQuery(sample: QuerySample): void {
    // PostgreSQL cannot keep the character 0, and one such query must not spoil the whole batch.
    const query = sample.sql.slice(0, QUERY_MAX_CHARACTERS).replaceAll('\0', '\uFFFD');
    const hourMs = hourOf(this.#now());
    const key = `${sample.databaseId} ${hourMs} ${query}`;
    const known = this.#queries.get(key);
    if (known === undefined && this.#queries.size >= PENDING_QUERIES_MAX) {
      return;
    }
    const row = known ?? {
      database_id: sample.databaseId,
      hour_ms: hourMs,
      query,
      rows_read: 0,
      rows_written: 0,
    };
    row.rows_read += sample.rowsRead;
    row.rows_written += sample.rowsWritten;
    this.#queries.set(key, row);
    this.#wake();
  }

  /** Everything recorded before the call is in the store when it resolves. */
  async flush(): Promise<void> {
    this.#flushing = this.#flushing.then(async () => await this.#write());
    await this.#flushing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.flush();
  }

  #wake(): void {
    if (this.#timer !== undefined || this.#closed) {
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, FLUSH_MS);
    this.#timer.unref();
  }

  async #write(): Promise<void> {
    if (this.#usage.size === 0 && this.#queries.size === 0) {
      return;
    }
    const usage = [...this.#usage.values()];
    const queries = [...this.#queries.values()];
    this.#usage = new Map();
    this.#queries = new Map();
    try {
      await this.#db.transaction().execute(async (transaction) => {
        const known = await knownDatabases(transaction, [...usage, ...queries]);
        await addUsage(
          transaction,
          usage.filter((row) => known.has(row.database_id)),
        );
        await addQueries(
          transaction,
          queries.filter((row) => known.get(row.database_id)?.isDeleted === false),
        );
        await transaction
          .deleteFrom('query_hours')
          .where('hour_ms', '<', this.#now() - QUERIES_KEPT_MS)
          .execute();
      });
    } catch (error) {
      this.#log.error({ err: error, rows: usage.length + queries.length }, 'usage could not be written and is lost');
    }
  }
}

export function hourOf(timeMs: number): number {
  return timeMs - (timeMs % HOUR_MS);
}

/** A database may be deleted between its last query and the flush; one that can be restored keeps its usage. */
async function knownDatabases(
  transaction: Transaction<Tables>,
  rows: readonly { readonly database_id: string }[],
): Promise<Map<string, { readonly isDeleted: boolean }>> {
  const known = new Map<string, { readonly isDeleted: boolean }>();
  for (const ids of chunks([...new Set(rows.map((row) => row.database_id))])) {
    for (const [table, isDeleted] of [
      ['databases', false],
      ['deleted_databases', true],
    ] as const) {
      const found = await transaction.selectFrom(table).where('id', 'in', ids).select('id').execute();
      for (const { id } of found) {
        known.set(id, { isDeleted });
      }
    }
  }
  return known;
}

async function addUsage(transaction: Transaction<Tables>, rows: readonly UsageRow[]): Promise<void> {
  for (const values of chunks(rows)) {
    await transaction
      .insertInto('usage_hours')
      .values(values)
      .onConflict((conflict) =>
        conflict.columns(['database_id', 'location', 'hour_ms']).doUpdateSet({
          rows_read: sum('usage_hours.rows_read', 'excluded.rows_read'),
          rows_written: sum('usage_hours.rows_written', 'excluded.rows_written'),
          bytes_synced: sum('usage_hours.bytes_synced', 'excluded.bytes_synced'),
        }),
      )
      .execute();
  }
}

async function addQueries(transaction: Transaction<Tables>, rows: readonly QueryRow[]): Promise<void> {
  for (const values of chunks(rows)) {
    await transaction
      .insertInto('query_hours')
      .values(values)
      .onConflict((conflict) =>
        conflict.columns(['database_id', 'hour_ms', 'query']).doUpdateSet({
          rows_read: sum('query_hours.rows_read', 'excluded.rows_read'),
          rows_written: sum('query_hours.rows_written', 'excluded.rows_written'),
        }),
      )
      .execute();
  }
  const touched = new Map(rows.map((row) => [`${row.database_id} ${row.hour_ms}`, row]));
  for (const { database_id: databaseId, hour_ms: hourMs } of touched.values()) {
    await forgetLight(transaction, databaseId, hourMs);
  }
}

async function forgetLight(transaction: Transaction<Tables>, databaseId: string, hourMs: number): Promise<void> {
  const light = await transaction
    .selectFrom('query_hours')
    .where('database_id', '=', databaseId)
    .where('hour_ms', '=', hourMs)
    .select('query')
    .orderBy(sum('rows_read', 'rows_written'), 'desc')
    .orderBy('query')
    // SQLite has no offset without a limit.
    .limit(PENDING_QUERIES_MAX)
    .offset(QUERIES_MAX)
    .execute();
  for (const { query } of light) {
    await transaction
      .deleteFrom('query_hours')
      .where('database_id', '=', databaseId)
      .where('hour_ms', '=', hourMs)
      .where('query', '=', query)
      .execute();
  }
}

function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    yield rows.slice(start, start + ROWS_AT_ONCE);
  }
}

function sum(a: string, b: string): RawBuilder<number> {
  return sql<number>`${sql.ref(a)} + ${sql.ref(b)}`;
}
