/**
 * A stream's connection to a replica: what only reads runs on the replica's file, everything else on the primary. A
 * stream that has written reads from the primary from then on, so that it sees what it wrote.
 *
 * **What a reader may rely on.** A statement sees every commit that was acknowledged before it began, whoever made it and
 * through whichever instance; so a stream never goes back in time. While a replica cannot have all of that, because a
 * reader keeps it as it was, another host is writing to it, or it is made anew, its reads run on the primary: it may be
 * slower than usual, but never older.
 *
 * @module
 */
import { setTimeout } from 'node:timers/promises';

import type { DescribeResult } from '@skerry/hrana/shared/proto';

import type { Freshness } from '../copies/replica-file.ts';
import type { ExecutedStatement, RowSource, Scope, SqlStatement } from '../sql/statement.ts';
import type { Lease, SqlConnection } from './databases.ts';

export interface ReplicaLease extends Lease {
  /** Brings the replica up to date, if no reader keeps it as it is. */
  catchUp(): Freshness;
}

export interface ReplicaFiles {
  openReplica(): ReplicaLease;
  openPrimary(): Lease;
  /** How far away the primary is made to seem (round trip). */
  readonly distanceMs: number;
  /** The replica has to be made anew; that happens beside. */
  lost(): void;
}

export class ReplicaConnection implements SqlConnection {
  readonly #files: ReplicaFiles;
  #replica: ReplicaLease | undefined;
  #primary: Lease | undefined;
  /** It wrote: the replica is not for this stream any more. */
  #hasWritten = false;

  constructor(files: ReplicaFiles) {
    this.#files = files;
  }

  async execute(stmt: SqlStatement, scope: Scope): Promise<ExecutedStatement> {
    const connection = this.#for(stmt.sql, scope);
    await this.#travel(connection);
    return await connection.execute(stmt, scope);
  }

  executeNow(stmt: SqlStatement, scope: Scope): ExecutedStatement | undefined {
    const connection = this.#for(stmt.sql, scope);
    return this.#isFar(connection) ? undefined : connection.executeNow(stmt, scope);
  }

  executeShared(): undefined {
    // A stream on a replica reads what it has written.
  }

  async query(stmt: SqlStatement, scope: Scope): Promise<RowSource> {
    const connection = this.#for(stmt.sql, scope);
    await this.#travel(connection);
    return await connection.query(stmt, scope);
  }

  async sequence(sql: string, scope: Scope): Promise<void> {
    const connection = this.#for(sql, scope);
    await this.#travel(connection);
    await connection.sequence(sql, scope);
  }

  describe(sql: string, scope: Scope): DescribeResult {
    return this.#reading().describe(sql, scope);
  }

  isPlainRead(sql: string, scope: Scope): boolean {
    return this.isAutocommit && this.#reading().isPlainRead(sql, scope);
  }

  parses(sql: string, scope: Scope): void {
    this.#reading().parses(sql, scope);
  }

  get isAutocommit(): boolean {
    return this.#primary?.connection.isAutocommit ?? true;
  }

  close(): void {
    this.#replica?.close();
    this.#primary?.close();
  }

  takeAway(): void {
    this.#primary?.connection.takeAway();
  }

  async #travel(to: SqlConnection): Promise<void> {
    if (this.#isFar(to)) {
      await setTimeout(this.#files.distanceMs);
    }
  }

  #isFar(connection: SqlConnection): boolean {
    return this.#files.distanceMs > 0 && connection === this.#primary?.connection;
  }

  #for(sql: string, scope: Scope): SqlConnection {
    const reading = this.#reading();
    if (!this.#hasWritten && !reading.isPlainRead(sql, scope)) {
      this.#hasWritten = true;
      return this.#onPrimary();
    }
    return reading;
  }

  #reading(): SqlConnection {
    if (this.#hasWritten) {
      return this.#onPrimary();
    }
    this.#replica ??= this.#files.openReplica();
    const freshness = this.#replica.catchUp();
    if (freshness === 'current') {
      return this.#replica.connection;
    }
    if (freshness === 'lost') {
      this.#replica.close();
      this.#replica = undefined;
      this.#files.lost();
    }
    return this.#onPrimary();
  }

  #onPrimary(): SqlConnection {
    this.#primary ??= this.#files.openPrimary();
    return this.#primary.connection;
  }
}
