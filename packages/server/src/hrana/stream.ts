/**
 * One stream: a connection to one instance of a database, and the SQL texts stored on it. Over HTTP it lives between
 * requests and is named by batons; over WebSocket it lives as long as its socket.
 *
 * A stream that was ended from outside (idle for too long, its database deleted) runs nothing any more, and says why.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { DescribeResult, HranaError, SqlSource, Stmt, StmtResult } from '@skerry/hrana/shared/proto';

import type { Databases, Lease, SqlConnection } from '../instances/databases.ts';
import type { EndReason, StreamHolder } from '../instances/holders.ts';
import type { InstanceRef } from '../relay/messages.ts';
import { statementsOf } from '../sql/lexer.ts';
import { SqlError } from '../sql/statement.ts';
import type { ExecutedStatement, RowSource, Scope, SqlStatement } from '../sql/statement.ts';
import type { Shared } from '../sql/write-group.ts';
import type { CountedChange } from './changes/change-feed.ts';
import { Uncommitted } from './changes/uncommitted.ts';
import type { ResponseBudget } from './response-budget.ts';
import { StoredSql } from './stored-sql.ts';
import { Turns } from './turns.ts';

/** Who runs something on a stream, and how far it may go. */
export interface Caller {
  readonly scope: Scope;
  /** What the results of the request may take. */
  readonly budget: ResponseBudget;
  /** Longest time of one statement. */
  readonly statementMs: number;
  /**
   * Before anything that may block the host: sends the answers that are ready, and names the request, for the case that
   * it does not come back.
   *
   * @param isQuick it will hardly block: answers may wait for it, and for others like it, to leave together
   */
  beforeWork(isQuick?: boolean): void;
  /** What a statement read and wrote, for the usage figures. */
  record(sql: string, rowsRead: number, rowsWritten: number): void;
  readonly changes: {
    /** Somebody listens to the database. */
    isHeard(): boolean;
    tell(changes: readonly CountedChange[]): void;
  };
}

type Effect = Pick<StmtResult, 'affectedRowCount' | 'rowsRead' | 'rowsWritten'>;

export class Stream implements StreamHolder {
  readonly instance: InstanceRef;
  readonly storedSql: StoredSql;

  readonly #databases: Databases;
  readonly #uncommitted = new Uncommitted();
  #lease: Lease | undefined;
  #ended: EndReason | undefined;
  #busy = 0;
  #idleSinceMs = Date.now();

  /** @throws {SkerryError} TOO_MANY_STREAMS */
  constructor(databases: Databases, instance: InstanceRef, storedSql = new StoredSql()) {
    this.#databases = databases;
    this.instance = instance;
    this.storedSql = storedSql;
    databases.holders.enter(this);
  }

  get idleSinceMs(): number | undefined {
    return this.#busy > 0 || !this.isAutocommit ? undefined : this.#idleSinceMs;
  }

  /** Unix time (ms) of the end of the last request; also while a transaction is open. */
  get lastUsedMs(): number {
    return this.#idleSinceMs;
  }

  get isBusy(): boolean {
    return this.#busy > 0;
  }

  get ended(): EndReason | undefined {
    return this.#ended;
  }

  get isAutocommit(): boolean {
    return this.#lease?.connection.isAutocommit ?? true;
  }

  /** Opens the file at the first use. @throws {SkerryError} when the stream was ended */
  get connection(): SqlConnection {
    if (this.#ended !== undefined) {
      throw endedError(this.#ended);
    }
    this.#lease ??= this.#databases.connect(this.instance);
    return this.#lease.connection;
  }

  /** Marks the stream as in use while `work` runs. */
  async use<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#busy += 1;
    try {
      const result = await work();
      await this.#databases.offSite?.settled(this.instance.databaseId);
      return result;
    } finally {
      this.#busy -= 1;
      this.#idleSinceMs = Date.now();
    }
  }

  /** What was done may be answered without `use`, which waits until it is stored. */
  get mayAnswer(): boolean {
    return this.#databases.offSite?.isRequired(this.instance.databaseId) !== true;
  }

  /** In place of `use`, by who has used it without waiting for anything. */
  used(): void {
    this.#idleSinceMs = Date.now();
  }

  async execute(stmt: Stmt, caller: Caller): Promise<StmtResult> {
    const result = await this.#run(this.statement(stmt, caller.budget.leftBytes), caller);
    caller.budget.take(result.sizeBytes);
    return result;
  }

  /** The same without waiting. Undefined, and nothing has happened, when something is to be waited for. */
  executeNow(stmt: Stmt, caller: Caller): StmtResult | undefined {
    const statement = this.statement(stmt, caller.budget.leftBytes);
    try {
      const result = this.connection.executeNow(statement, caller.scope);
      if (result !== undefined) {
        this.ran(statement.sql, result, caller);
        caller.budget.take(result.sizeBytes);
      }
      return result;
    } catch (error) {
      this.failed();
      throw error;
    }
  }

  /**
   * The same, in one transaction with writes of other requests: what it gives must be told to nobody before that is over,
   * and has not happened when it is lost. Undefined, and nothing has happened, when it is no statement for that.
   */
  executeShared(stmt: Stmt, caller: Caller): Shared | undefined {
    if (!this.mayAnswer || caller.changes.isHeard()) {
      return undefined;
    }
    const statement = this.statement(stmt, caller.budget.leftBytes);
    const shared = this.connection.executeShared(statement, caller.scope);
    if (shared !== undefined && !(shared.outcome instanceof SqlError)) {
      const { outcome } = shared;
      caller.budget.take(outcome.sizeBytes);
      shared.over.then((isCommitted) => isCommitted && this.ran(statement.sql, outcome, caller)).catch(() => undefined);
    }
    return shared;
  }

  async query(stmt: Stmt, caller: Caller): Promise<RowSource> {
    return await this.connection.query(this.statement(stmt, Infinity), caller.scope);
  }

  async sequence(source: SqlSource, caller: Caller): Promise<void> {
    const sql = this.storedSql.text(source);
    const turns = new Turns();
    for (const statement of statementsOf(sql)) {
      await turns.offer();
      await this.#run({ sql: statement, args: [], namedArgs: [], wantRows: false, maxBytes: Infinity }, caller);
    }
  }

  describe(source: SqlSource, caller: Caller): DescribeResult {
    caller.beforeWork();
    return this.connection.describe(this.storedSql.text(source), caller.scope);
  }

  /** Follows a statement that has run to its end: for the usage figures, and for who listens to changes. */
  ran(sql: string, { affectedRowCount, rowsRead, rowsWritten }: Effect, caller: Caller): void {
    caller.record(sql, rowsRead, rowsWritten);
    if (caller.changes.isHeard()) {
      const committed = this.#uncommitted.ran(sql, affectedRowCount, this.isAutocommit);
      if (committed.length > 0) {
        caller.changes.tell(committed);
      }
    }
  }

  /** Follows one that failed: some failures end the transaction. */
  failed(): void {
    if (this.isAutocommit) {
      this.#uncommitted.clear();
    }
  }

  async #run(statement: SqlStatement, caller: Caller): Promise<ExecutedStatement> {
    try {
      const result = await this.connection.execute(statement, caller.scope);
      this.ran(statement.sql, result, caller);
      return result;
    } catch (error) {
      this.failed();
      throw error;
    }
  }

  statement({ source, args, namedArgs, wantRows }: Stmt, maxBytes: number): SqlStatement {
    return { sql: this.storedSql.text(source), args, namedArgs, wantRows, maxBytes };
  }

  end(reason: EndReason): void {
    this.#ended ??= reason;
    this.close();
  }

  /** Rolls back what is open. Safe to call twice. */
  close(): void {
    this.#ended ??= 'closed';
    this.#databases.holders.leave(this);
    this.#lease?.close();
    this.#lease = undefined;
  }
}

/** What a client is told whose stream is not there any more. */
export function endedError(reason: EndReason): SkerryError {
  switch (reason) {
    case 'expired':
    case 'evicted':
      return new SkerryError('STREAM_EXPIRED');
    case 'deleted':
      return new SkerryError('DATABASE_DELETED');
    case 'moved':
      return new SkerryError('STREAM_REPLACED');
    case 'closed':
      return new SkerryError('STREAM_CLOSED');
  }
}

/** An error that belongs to one statement, as it goes to the client; anything else ends the request. */
export function toHranaError(error: unknown): HranaError {
  if (error instanceof SqlError || error instanceof SkerryError) {
    return { message: error.message, code: error.code };
  }
  throw error;
}
