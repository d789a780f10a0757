/**
 * What databases do on sqld servers, asked of the servers' own counters (`GET /v1/namespaces/:ns/stats`) and told as
 * the hosts tell theirs: as what was added since.
 *
 * Only namespaces that requests went to since the last round are asked for. The counters are totals, so a namespace is
 * looked at when it is first used; what happens between that request and the look is not counted. A counter that goes
 * back, because its server started anew, begins again at zero.
 *
 * @module
 */
import type { Logger } from 'pino';

import type { HostEvent } from '../../relay/messages.ts';
import type { NamespaceStats } from './admin-api.ts';
import type { SqldServer } from './sqld-server.ts';

const ROUND_MS = 10_000;
/** Namespaces that are asked for at the same time; a server has other things to do. */
const ASKED_AT_ONCE = 8;
/** Namespaces whose last counters are remembered. */
const KNOWN_MAX = 100_000;

interface Counters {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly framesSynced: number;
  /** Of the heaviest queries, those that were told already. */
  readonly queries: ReadonlySet<string>;
}

const ZERO: Counters = { rowsRead: 0, rowsWritten: 0, framesSynced: 0, queries: new Set() };
const FRAME_BYTES = 4096;

export class SqldStatistics {
  readonly #onEvent: (event: HostEvent) => void;
  readonly #log: Logger;
  readonly #known = new Map<string, Counters>();
  #used = new Map<string, { readonly server: SqldServer; readonly databaseId: string }>();
  #round: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(onEvent: (event: HostEvent) => void, log: Logger) {
    this.#onEvent = onEvent;
    this.#log = log;
  }

  /** A request goes to the database on this server. Cheap. */
  touch(server: SqldServer, databaseId: string): void {
    const key = `${server.location} ${databaseId}`;
    if (server.admin === undefined || this.#used.has(key) || this.#stopped) {
      return;
    }
    this.#used.set(key, { server, databaseId });
    if (!this.#known.has(key)) {
      void this.#look(key, server, databaseId, (counters) => this.#keep(key, counters));
    }
    this.#round ??= setTimeout(() => void this.flush(), ROUND_MS).unref();
  }

  /** It is new: all that its counters will say is to be told. */
  created(server: SqldServer, databaseId: string): void {
    this.#keep(`${server.location} ${databaseId}`, ZERO);
  }

  /** Asks for what was used since the last round, and tells of it, one round after the other. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#round);
    this.#round = undefined;
    this.#flushing = this.#flushing.then(async () => await this.#askForUsed());
    await this.#flushing;
  }

  async #askForUsed(): Promise<void> {
    const used = this.#used.entries();
    this.#used = new Map();
    const askInTurn = async (): Promise<void> => {
      for (const [key, { server, databaseId }] of used) {
        await this.#look(key, server, databaseId, (counters, stats) => {
          this.#tell(databaseId, server.location, this.#known.get(key) ?? counters, counters, stats);
          this.#keep(key, counters);
        });
      }
    };
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, askInTurn));
  }

  async stop(): Promise<void> {
    await this.flush();
    this.#stopped = true;
  }

  async #look(
    key: string,
    server: SqldServer,
    databaseId: string,
    then: (counters: Counters, stats: NamespaceStats) => void,
  ): Promise<void> {
    try {
      const stats = await server.admin?.stats(databaseId);
      if (stats !== undefined) {
        then(countersOf(stats), stats);
      }
    } catch (error) {
      // Deleted meanwhile, or its server is away: its counters are still there when it comes back.
      this.#log.debug({ key, err: error }, 'the statistics of a namespace cannot be read');
    }
  }

  #tell(databaseId: string, location: string, before: Counters, after: Counters, stats: NamespaceStats): void {
    const rowsRead = grown(before.rowsRead, after.rowsRead);
    const rowsWritten = grown(before.rowsWritten, after.rowsWritten);
    const bytesSynced = grown(before.framesSynced, after.framesSynced) * FRAME_BYTES;
    if (rowsRead + rowsWritten + bytesSynced > 0) {
      this.#onEvent({ type: 'usage', databaseId, location, rowsRead, rowsWritten, bytesSynced });
    }
    for (const { query, rows_read: read, rows_written: written } of stats.top_queries) {
      if (!before.queries.has(`${read} ${written} ${query}`)) {
        this.#onEvent({ type: 'top_query', databaseId, sql: query, rowsRead: read, rowsWritten: written });
      }
    }
  }

  #keep(key: string, counters: Counters): void {
    this.#known.delete(key);
    this.#known.set(key, counters);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) {
      this.#known.delete(oldest);
    }
  }
}

function grown(before: number, after: number): number {
  return after >= before ? after - before : after;
}

function countersOf(stats: NamespaceStats): Counters {
  return {
    rowsRead: stats.rows_read_count,
    rowsWritten: stats.rows_written_count,
    framesSynced: stats.embedded_replica_frames_replicated ?? 0,
    queries: new Set(stats.top_queries.map((one) => `${one.rows_read} ${one.rows_written} ${one.query}`)),
  };
}
