/**
 * One database file, opened in this host: its connections share the write queue and the checkpoint rule.
 *
 * @module
 */
import { DatabaseSync } from 'node:sqlite';

import { Checkpointer } from './checkpoint.ts';
import type { CommitListener } from './checkpoint.ts';
import { Connection } from './connection.ts';
import { PhysicalConnection } from './physical-connection.ts';
import { toSqlError } from './sqlite-errors.ts';
import { WriteGroup } from './write-group.ts';
import { WriteQueue } from './write-queue.ts';

export interface OpenDatabaseOptions {
  /** Absolute path of an existing database file. */
  readonly path: string;
  /** `replica`: no statement may change it. */
  readonly mode: 'primary' | 'replica';
  readonly synchronous: 'full' | 'normal';
  /** Largest value or row (SQLITE_LIMIT_LENGTH). */
  readonly maxRowBytes: number;
  /** A write transaction this old loses its lock when another write waits. */
  readonly transactionMs: number;
  /** Longest time of one statement, as far as it can be seen between two of its rows. */
  readonly statementMs: number;
  /** Decides when the WAL moves into the file. By default it does so when it is large. */
  readonly commits?: CommitListener;
}

/** Connections kept open for the next stream: opening one costs as much as some hundred point selects. */
const IDLE_CONNECTIONS_MAX = 4;

export class OpenDatabase {
  readonly options: OpenDatabaseOptions;
  readonly writes: WriteQueue;
  readonly checkpointer: CommitListener;
  readonly group: WriteGroup;

  /** A list, because most come and go with one request (see relay/recent-table.ts). */
  readonly #connections: Connection[] = [];
  readonly #idle: PhysicalConnection[] = [];
  #isClosed = false;

  /** Opens nothing yet; the first `connect` does. */
  constructor(options: OpenDatabaseOptions) {
    this.options = options;
    this.writes = new WriteQueue(options.transactionMs);
    this.checkpointer = options.commits ?? new Checkpointer(options.path);
    this.group = new WriteGroup(this);
  }

  /** Makes a new, empty database file whose content is durable; its name is the caller's to make durable. */
  static create(databasePath: string): void {
    const db = new DatabaseSync(databasePath);
    try {
      // Replicas and embedded replicas exchange pages of this size. Each change of the mode is a synced transaction.
      db.exec('PRAGMA page_size = 4096; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL');
    } finally {
      db.close();
    }
  }

  /** A connection for one stream. */
  connect(): Connection {
    const connection = new Connection(this);
    this.#connections.push(connection);
    return connection;
  }

  /** A SQLite connection; give it back. @throws {SqlError} when the file cannot be opened */
  take(): PhysicalConnection {
    return this.#idle.pop() ?? this.#open();
  }

  /** The same; undefined when one would have to be opened. */
  takeIdle(): PhysicalConnection | undefined {
    return this.#idle.pop();
  }

  get connectionCount(): number {
    return this.#connections.length;
  }

  /** From a connection that closes. @param physical the SQLite connection that it has taken */
  closed(connection: Connection, physical: PhysicalConnection | undefined): void {
    const place = this.#connections.lastIndexOf(connection);
    const last = place === -1 ? undefined : this.#connections.pop();
    if (last !== undefined && last !== connection) {
      this.#connections[place] = last;
    }
    if (physical !== undefined) {
      this.giveBack(physical);
    }
  }

  /** The stream, or whoever had it, is over: the SQLite connection may serve another. */
  giveBack(physical: PhysicalConnection): void {
    if (this.#isClosed || physical.isChanged || this.#idle.length >= IDLE_CONNECTIONS_MAX) {
      physical.close();
      return;
    }
    physical.forgetStream();
    this.#idle.push(physical);
  }

  /** A fresh SQLite connection for one that other streams have used. @throws {SqlError} when the file cannot be opened */
  exchange(used: PhysicalConnection): PhysicalConnection {
    const fresh = this.#open();
    used.close();
    return fresh;
  }

  /** Closes every connection; the last one moves the WAL into the file. Safe to call twice. */
  close(): void {
    this.group.commit();
    this.#isClosed = true;
    for (const connection of Array.from(this.#connections)) {
      connection.close();
    }
    for (const physical of this.#idle.splice(0)) {
      physical.close();
    }
  }

  #open(): PhysicalConnection {
    try {
      return new PhysicalConnection(this.options);
    } catch (error) {
      throw toSqlError(error, '');
    }
  }
}
