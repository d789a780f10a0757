/**
 * A stream's connection to a replica: what only reads runs on the replica's file, everything else on the primary. A
 * stream that has written reads from the primary from then on, so that it sees what it wrote.
 *
 * @module
 */
import type { DescribeResult, StmtResult } from '@skerry/hrana/shared/proto';

import type { RowSource, Scope, SqlStatement } from '../sql/statement.ts';
import type { Lease, SqlConnection } from './databases.ts';

export interface ReplicaFiles {
  /** The replica as it is now; made fresh when it is stale. */
  openReplica(): Lease;
  openPrimary(): Lease;
  isStale(): boolean;
}

export class ReplicaConnection implements SqlConnection {
  readonly #files: ReplicaFiles;
  #replica: Lease | undefined;
  #primary: Lease | undefined;

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
    if (this.#primary !== undefined) {
      return this.#primary.connection;
    }
    const replica = this.#reading();
    if (replica.isPlainRead(sql, scope)) {
      return replica;
    }
    this.#primary = this.#files.openPrimary();
    return this.#primary.connection;
  }

  #reading(): SqlConnection {
    if (this.#primary !== undefined) {
      return this.#primary.connection;
    }
    if (this.#replica === undefined || this.#files.isStale()) {
      this.#replica?.close();
      this.#replica = this.#files.openReplica();
    }
    return this.#replica.connection;
  }
}
