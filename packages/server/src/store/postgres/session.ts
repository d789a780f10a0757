/**
 * The one connection of a process that is not in the pool: on it the process hears of others' changes, shows that it is
 * alive, and holds its locks. All three end with the connection, so with the process, however that dies.
 *
 * Changes are announced by triggers (see triggers.ts) when they are committed, so no writer can forget to.
 *
 * While the connection is lost the process is not informed, others may take it for dead and undo what it has begun, and
 * its locks are gone. That costs time, never records: every step that counts is checked in its own transaction.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';

import { Client, type QueryResult, type QueryResultRow } from 'pg';

import type { Coordination, LockMode, StoreChange } from '../coordination.ts';
import { clientConfig } from './connection.ts';

/** Between tries for a lock that another process holds. */
const LOCK_LOOK_MS = 20;
const RECONNECT_MS = 500;
/** A lost server is noticed by asking, where the network says nothing. */
const PING_MS = 15_000;

/** A connection takes one query at a time. */
class Line {
  readonly client: Client;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: Client) {
    this.client = client;
  }

  async query<Row extends QueryResultRow>(sql: string, values: readonly string[] = []): Promise<QueryResult<Row>> {
    const result = this.#last.then(async () => await this.client.query<Row>(sql, [...values]));
    this.#last = result.catch(() => undefined);
    return await result;
  }
}

export class PostgresSession implements Coordination {
  readonly workerId: string;
  readonly #url: string;
  readonly #onProblem: (error: unknown) => void;
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #line: Line | undefined;
  #connecting: Promise<Line> | undefined;
  #pings: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(url: string, workerId: string, onProblem: (error: unknown) => void) {
    this.#url = url;
    this.workerId = workerId;
    this.#onProblem = onProblem;
  }

  get isInformed(): boolean {
    return this.#line !== undefined;
  }

  /** @throws when the server cannot be reached the first time; later it is tried for ever */
  async open(): Promise<void> {
    await this.#connect();
    this.#pings = setInterval(() => {
      this.#line?.query('select 1').catch(() => undefined);
    }, PING_MS);
    this.#pings.unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#pings);
    const line = this.#line;
    this.#line = undefined;
    await line?.client.end();
  }

  onChange(listener: (change: StoreChange) => void): void {
    this.#listeners.add(listener);
  }

  async lock(name: string, mode: LockMode): Promise<() => Promise<void>> {
    const line = await this.#connected();
    await (mode === 'shared' ? lockShared(line, name) : lockExclusive(line, name));
    const unlock = mode === 'shared' ? 'pg_advisory_unlock_shared' : 'pg_advisory_unlock';
    return async () => {
      // Lost with its connection; the present one may hold the same lock for somebody else.
      if (this.#line === line) {
        await line.query(`select ${unlock}(${KEY})`, [name]).catch(this.#onProblem);
      }
    };
  }

  async ifDead(workerId: string, work: () => Promise<void>): Promise<boolean> {
    if (workerId === this.workerId) {
      return false;
    }
    const line = await this.#connected();
    const name = aliveName(workerId);
    if (!(await isTaken(line, `select pg_try_advisory_lock(${KEY}) as taken`, [name]))) {
      return false;
    }
    try {
      await work();
    } finally {
      if (this.#line === line) {
        await line.query(`select pg_advisory_unlock(${KEY})`, [name]).catch(this.#onProblem);
      }
    }
    return true;
  }

  async #connected(): Promise<Line> {
    return this.#line ?? (await (this.#connecting ?? this.#connect()));
  }

  async #connect(): Promise<Line> {
    this.#connecting = this.#open();
    try {
      return await this.#connecting;
    } finally {
      this.#connecting = undefined;
    }
  }

  async #open(): Promise<Line> {
    const client = new Client({ ...clientConfig(this.#url), application_name: 'skerry session' });
    client.on('notification', ({ payload }) => this.#tell(readChange(payload ?? '')));
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the connection to the store ended')));
    try {
      await client.connect();
      const { rows } = await client.query<{ channel: string }>(`select ${CHANNEL} as channel`);
      await client.query(`listen "${rows[0]?.channel ?? ''}"`);
      // Waits for whoever tidies up after this process, having taken it for dead.
      await client.query(`select pg_advisory_lock(${KEY})`, [aliveName(this.workerId)]);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    const line = new Line(client);
    this.#line = line;
    this.#tell({ kind: 'everything' });
    return line;
  }

  #lost(client: Client, error: unknown): void {
    if (this.#line?.client !== client || this.#closed) {
      return;
    }
    this.#line = undefined;
    this.#onProblem(error);
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    while (!this.#closed && this.#line === undefined) {
      try {
        await this.#connected();
      } catch {
        await pause(RECONNECT_MS, undefined, { ref: false });
      }
    }
    // It may have been closed meanwhile.
    if (this.#closed) {
      await this.#line?.client.end();
    }
  }

  #tell(change: StoreChange): void {
    for (const listener of this.#listeners) {
      listener(change);
    }
  }
}

/** Several installations may share a database, each in a schema of its own. */
export const CHANNEL = `'skerry_' || md5(current_schema())`;
const KEY = `hashtextextended(current_schema() || ' ' || $1, 0)`;
/** Whoever waits for the exclusive lock holds this one, so that a stream of shared holders cannot keep it waiting. */
const GATE = `hashtextextended(current_schema() || ' gate ' || $1, 0)`;

function aliveName(workerId: string): string {
  return `worker ${workerId}`;
}

async function lockShared(line: Line, name: string): Promise<void> {
  // The gate is let go with the statement's own transaction.
  const sql = `select case when pg_try_advisory_xact_lock_shared(${GATE})
    then pg_try_advisory_lock_shared(${KEY}) else false end as taken`;
  await untilTaken(line, sql, name);
}

async function lockExclusive(line: Line, name: string): Promise<void> {
  await untilTaken(line, `select pg_try_advisory_lock(${GATE}) as taken`, name);
  try {
    await untilTaken(line, `select pg_try_advisory_lock(${KEY}) as taken`, name);
  } finally {
    await line.query(`select pg_advisory_unlock(${GATE})`, [name]);
  }
}

/** Looks again and again, instead of waiting in the server: the connection is for everybody in this process. */
async function untilTaken(line: Line, sql: string, name: string): Promise<void> {
  while (!(await isTaken(line, sql, [name]))) {
    await pause(LOCK_LOOK_MS);
  }
}

async function isTaken(line: Line, sql: string, values: readonly string[]): Promise<boolean> {
  const { rows } = await line.query<{ taken: boolean }>(sql, values);
  return rows[0]?.taken === true;
}

function readChange(payload: string): StoreChange {
  const [kind, id] = payload.split(' ');
  return (kind === 'database' || kind === 'group') && id !== undefined ? { kind, id } : { kind: 'everything' };
}
