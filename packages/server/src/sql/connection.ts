/**
 * One stream's connection to a database: runs statements one after another, each with the rights of its scope.
 *
 * @module
 */
import type { DescribeResult, StmtResult } from '@skerry/hrana/shared/proto';

import { SqlError } from './statement.ts';
import type { RowSource, Scope, SqlStatement } from './statement.ts';

function notYet(): never {
  throw new SqlError('SQLITE_INTERNAL', 'not implemented', { kind: 'server' });
}

export class Connection {
  /** Runs one statement to its end. @throws {SqlError} (as a rejection) */
  async execute(_stmt: SqlStatement, _scope: Scope): Promise<StmtResult> {
    return await Promise.reject(new SqlError('SQLITE_INTERNAL', 'not implemented', { kind: 'server' }));
  }

  /** Starts one statement and gives its rows when they are pulled; for cursors. @throws {SqlError} (as a rejection) */
  async query(_stmt: SqlStatement, _scope: Scope): Promise<RowSource> {
    return await Promise.reject(new SqlError('SQLITE_INTERNAL', 'not implemented', { kind: 'server' }));
  }

  /** Runs every statement of the text without arguments until one fails. An empty text is fine. */
  async sequence(_sql: string, _scope: Scope): Promise<void> {
    return await Promise.reject(new SqlError('SQLITE_INTERNAL', 'not implemented', { kind: 'server' }));
  }

  describe(_sql: string, _scope: Scope): DescribeResult {
    return notYet();
  }

  /** Every statement of the text is a read in autocommit; nothing is run. False when in doubt. */
  isPlainRead(_sql: string, _scope: Scope): boolean {
    return notYet();
  }

  /**
   * Throws what would refuse the text whatever the database holds: `SQL_PARSE_ERROR`, `SQL_NO_STATEMENT`,
   * `SQL_MANY_STATEMENTS`. A batch asks this for each step before it runs any. A missing table is not such an error,
   * because an earlier step may make it.
   */
  parses(_sql: string, _scope: Scope): void {
    notYet();
  }

  /** False inside a transaction, also when it was opened by SAVEPOINT, and after a transaction was lost. */
  get isAutocommit(): boolean {
    return true;
  }

  /** Rolls back what is open. Safe to call twice. A statement that waits for the write lock is refused. */
  close(): void {
    notYet();
  }
}
