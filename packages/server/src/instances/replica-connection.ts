/**
 * A stream's connection to a replica: what only reads runs on the replica's file, everything else on the primary. A
 * stream that has written reads from the primary from then on, so that it sees what it wrote.
 *
 * While a replica cannot be read, because it is made anew, its reads run on the primary too: a replica may be slower than
 * usual, but never wrong.
 *
 * @module
 */
import type { DescribeResult, StmtResult } from '@skerry/hrana/shared/proto';

import type { Freshness } from '../copies/replica-file.ts';
import type { RowSource, Scope, SqlStatement } from '../sql/statement.ts';
import type { Lease, SqlConnection } from './databases.ts';

export interface ReplicaLease extends Lease {
  /** Brings the replica up to date, if no reader keeps it as it is. */
  catchUp(): Freshness;
}

export interface ReplicaFiles {
  openReplica(): ReplicaLease;
  openPrimary(): Lease;
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

  async execute(stmt: SqlStatement, scope: Scope): Promise<StmtResult> {
    return await this.#for(stmt.sql, scope).execute(stmt, scope);
  }

  async query(stmt: SqlStatement, scope: Scope): Promise<RowSource> {
    return await this.#for(stmt.sql, scope).query(stmt, scope);
  }

  async sequence(sql: string, scope: Scope): Promise<void> {
    await this.#for(sql, scope).sequence(sql, scope);
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
    if (freshness === 'current' || freshness === 'delayed') {
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
