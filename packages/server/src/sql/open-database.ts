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

  readonly #connections = new Set<Connection>();
  readonly #idle: PhysicalConnection[] = [];
  #isClosed = false;

  /** Opens nothing yet; the first `connect` does. */
  constructor(options: OpenDatabaseOptions) {
    this.options = options;
    this.writes = new WriteQueue(options.transactionMs);
    this.checkpointer = options.commits ?? new Checkpointer(options.path);
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

  /** A connection for one stream. @throws {SqlError} when the file cannot be opened */
  connect(): Connection {
    const connection = new Connection(this, this.#idle.pop() ?? this.#open());
    this.#connections.add(connection);
    return connection;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** From a connection that closes: the stream is over, the SQLite connection may serve another. */
  giveBack(connection: Connection, physical: PhysicalConnection): void {
    this.#connections.delete(connection);
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
