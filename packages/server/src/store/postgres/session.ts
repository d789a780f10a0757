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

import { Client } from 'pg';

import type { Coordination, LockMode, StoreChange } from '../coordination.ts';
import { clientConfig } from './connection.ts';

/** Between tries for a lock that another process holds. */
const LOCK_LOOK_MS = 20;
const RECONNECT_MS = 500;
/** A lost server is noticed by asking, where the network says nothing. */
const PING_MS = 15_000;

export class PostgresSession implements Coordination {
  readonly workerId: string;
  readonly #url: string;
  readonly #onProblem: (error: unknown) => void;
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #client: Client | undefined;
  #connecting: Promise<Client> | undefined;
  #pings: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(url: string, workerId: string, onProblem: (error: unknown) => void) {
    this.#url = url;
    this.workerId = workerId;
    this.#onProblem = onProblem;
  }

  get isInformed(): boolean {
    return this.#client !== undefined;
  }

  /** @throws when the server cannot be reached the first time; later it is tried for ever */
  async open(): Promise<void> {
    await this.#connect();
    this.#pings = setInterval(() => {
      this.#client?.query('select 1').catch(() => undefined);
    }, PING_MS);
    this.#pings.unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#pings);
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  onChange(listener: (change: StoreChange) => void): void {
    this.#listeners.add(listener);
  }

  async lock(name: string, mode: LockMode): Promise<() => Promise<void>> {
    const client = await this.#connected();
    await (mode === 'shared' ? lockShared(client, name) : lockExclusive(client, name));
    const unlock = mode === 'shared' ? 'pg_advisory_unlock_shared' : 'pg_advisory_unlock';
    return async () => {
      // Lost with its connection; the present one may hold the same lock for somebody else.
      if (this.#client === client) {
        await client.query(`select ${unlock}(${KEY})`, [name]).catch(this.#onProblem);
      }
    };
  }

  async ifDead(workerId: string, work: () => Promise<void>): Promise<boolean> {
    if (workerId === this.workerId) {
      return false;
    }
    const client = await this.#connected();
    const name = aliveName(workerId);
    if (!(await isTaken(client, `select pg_try_advisory_lock(${KEY}) as taken`, [name]))) {
      return false;
    }
    try {
      await work();
    } finally {
      if (this.#client === client) {
        await client.query(`select pg_advisory_unlock(${KEY})`, [name]).catch(this.#onProblem);
      }
    }
    return true;
  }

  async #connected(): Promise<Client> {
    return this.#client ?? (await (this.#connecting ?? this.#connect()));
  }

  async #connect(): Promise<Client> {
    this.#connecting = this.#open();
    try {
      return await this.#connecting;
    } finally {
      this.#connecting = undefined;
    }
  }

  async #open(): Promise<Client> {
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
    this.#client = client;
    this.#tell({ kind: 'everything' });
    return client;
  }

  #lost(client: Client, error: unknown): void {
    if (this.#client !== client || this.#closed) {
      return;
    }
    this.#client = undefined;
    this.#onProblem(error);
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    while (!this.#closed && this.#client === undefined) {
      try {
        await this.#connected();
      } catch {
        await pause(RECONNECT_MS, undefined, { ref: false });
      }
    }
    // It may have been closed meanwhile.
    if (this.#closed) {
      await this.#client?.end();
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

async function lockShared(client: Client, name: string): Promise<void> {
  // The gate is let go with the statement's own transaction.
  const sql = `select case when pg_try_advisory_xact_lock_shared(${GATE})
    then pg_try_advisory_lock_shared(${KEY}) else false end as taken`;
  await untilTaken(client, sql, name);
}

async function lockExclusive(client: Client, name: string): Promise<void> {
  await untilTaken(client, `select pg_try_advisory_lock(${GATE}) as taken`, name);
  try {
    await untilTaken(client, `select pg_try_advisory_lock(${KEY}) as taken`, name);
  } finally {
    await client.query(`select pg_advisory_unlock(${GATE})`, [name]);
  }
}

/** Looks again and again, instead of waiting in the server: the connection is for everybody in this process. */
async function untilTaken(client: Client, sql: string, name: string): Promise<void> {
  while (!(await isTaken(client, sql, [name]))) {
    await pause(LOCK_LOOK_MS);
  }
}

async function isTaken(client: Client, sql: string, values: readonly string[]): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(sql, [...values]);
  return rows[0]?.taken === true;
}

function readChange(payload: string): StoreChange {
  const [kind, id] = payload.split(' ');
  return (kind === 'database' || kind === 'group') && id !== undefined ? { kind, id } : { kind: 'everything' };
}
