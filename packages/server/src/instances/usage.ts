/**
 * Counts the rows that statements read and write, and tells the gateway about once a second what is new.
 *
 * @module
 */
import type { HostEvent, InstanceRef } from '../relay/messages.ts';

const REPORT_INTERVAL_MS = 1_000;
/** Statements named per database and report; the heaviest by rows. */
const TOP_QUERIES = 10;
/** Distinct statements remembered per database between two reports, so that generated SQL cannot fill the memory. */
const MAX_DISTINCT_QUERIES = 500;
/** Longer texts are not named: they are generated, and would tell a person nothing. */
const MAX_QUERY_CHARACTERS = 4_096;

interface Rows {
  rowsRead: number;
  rowsWritten: number;
}

interface Counter extends Rows {
  readonly instance: InstanceRef;
  bytesSynced: number;
  readonly queries: Map<string, Rows>;
}

export class UsageReporter {
  readonly #send: (event: HostEvent) => void;
  #counters = new Map<string, Counter>();
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (event: HostEvent) => void) {
    this.#send = send;
  }

  statement(instance: InstanceRef, sql: string, rowsRead: number, rowsWritten: number): void {
    if (rowsRead === 0 && rowsWritten === 0) {
      return;
    }
    const counter = this.#counter(instance);
    counter.rowsRead += rowsRead;
    counter.rowsWritten += rowsWritten;
    const known = counter.queries.get(sql);
    if (known !== undefined) {
      known.rowsRead += rowsRead;
      known.rowsWritten += rowsWritten;
    } else if (counter.queries.size < MAX_DISTINCT_QUERIES && sql.length <= MAX_QUERY_CHARACTERS) {
      counter.queries.set(sql, { rowsRead, rowsWritten });
    }
  }

  synced(instance: InstanceRef, bytes: number): void {
    this.#counter(instance).bytesSynced += bytes;
  }

  /** Sends what has not been sent; the host calls it before it ends. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counters = this.#counters;
    this.#counters = new Map();
    for (const { instance, rowsRead, rowsWritten, bytesSynced, queries } of counters.values()) {
      const { databaseId, location } = instance;
      this.#send({ type: 'usage', databaseId, location, rowsRead, rowsWritten, bytesSynced });
      for (const [sql, rows] of heaviest(queries)) {
        this.#send({ type: 'top_query', databaseId, sql, ...rows });
      }
    }
  }

  /** Forgets a database that is being dropped: nobody can be told about it any more. */
  forget(databaseId: string): void {
    for (const [key, counter] of this.#counters) {
      if (counter.instance.databaseId === databaseId) {
        this.#counters.delete(key);
      }
    }
  }

  #counter(instance: InstanceRef): Counter {
    const key = `${instance.databaseId}/${instance.location}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = { instance, rowsRead: 0, rowsWritten: 0, bytesSynced: 0, queries: new Map() };
      this.#counters.set(key, counter);
      // No timer runs while nothing is used.
      this.#timer ??= setTimeout(() => this.flush(), REPORT_INTERVAL_MS);
    }
    return counter;
  }
}

function heaviest(queries: Map<string, Rows>): [string, Rows][] {
  return [...queries]
    .sort(([, a], [, b]) => b.rowsRead + b.rowsWritten - (a.rowsRead + a.rowsWritten))
    .slice(0, TOP_QUERIES);
}
