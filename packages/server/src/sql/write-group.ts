/**
 * Writes of several requests in one transaction, so that all of them wait for the disk once.
 *
 * Requests come many in one read of the socket. A write that would be a transaction of its own joins the group that the
 * requests before it have begun; the group is committed before the event loop turns, or when somebody else needs the
 * write lock. **What a statement of the group gave is told to nobody before `over`**, and when the group is lost it has not
 * happened: its members are then run again, each by itself.
 *
 * The group has a connection that nobody else sees, so others read what is committed. A statement does in it what it
 * would do alone, with two exceptions for which there are no groups: constraints that are checked at the end of a
 * transaction, and conflicts that roll the whole of it back.
 *
 * @module
 */
import type { OpenDatabase } from './open-database.ts';
import type { PhysicalConnection } from './physical-connection.ts';
import type { Prepared } from './prepared.ts';
import { maxBytesOf, runAtOnce } from './run-at-once.ts';
import { toSqlError } from './sqlite-errors.ts';
import { toResult } from './statement-result.ts';
import { SqlError } from './statement.ts';
import type { ExecutedStatement, Scope, SqlStatement } from './statement.ts';
import type { Writer } from './write-queue.ts';

/** What most reads are told from at once. */
const MAY_WRITE = /^\s*(?:INSERT|UPDATE|DELETE|REPLACE|WITH)\b/i;
const MEMBERS_MAX = 64;
/** A longer group would keep its first member waiting. */
const GROUP_MS = 2;
/** A commit that took less keeps nobody waiting. */
const QUICK_MS = 1;

export interface Shared {
  readonly outcome: ExecutedStatement | SqlError;
  /** Whether the outcome holds. Rejects when it does, and whoever is told of commits has failed. */
  readonly over: Promise<boolean>;
}

interface Group {
  readonly physical: PhysicalConnection;
  readonly begunMs: number;
  readonly over: PromiseWithResolvers<boolean>;
  members: number;
  lastScope: Scope;
}

export class WriteGroup implements Writer {
  readonly #database: OpenDatabase;
  #group: Group | undefined;
  #lastCommitMs = 0;
  /** Of which schema it is known whether there may be groups. */
  #schema: { readonly version: bigint; readonly mayShare: boolean } | undefined;

  constructor(database: OpenDatabase) {
    this.#database = database;
  }

  /** Undefined, and nothing has happened, when the statement is not one for a group now. @throws what is no SqlError */
  execute(stmt: SqlStatement, scope: Scope): Shared | undefined {
    if (!MAY_WRITE.test(stmt.sql)) {
      return undefined;
    }
    const begunMs = performance.now();
    const group = this.#group;
    if (group !== undefined && !hasRoom(group, begunMs)) {
      this.commit();
    }
    const physical = this.#group?.physical ?? this.#database.takeIdle();
    const prepared = physical?.known(stmt.sql, scope.rights);
    if (physical === undefined || prepared?.mayShare !== true || !this.#joins(physical, scope)) {
      if (physical !== undefined && physical !== this.#group?.physical) {
        this.#database.giveBack(physical);
      }
      return undefined;
    }
    const joined = this.#group;
    if (joined === undefined) {
      throw new Error('a group has begun');
    }
    // What the member before has changed is not this one's to ask for.
    physical.forgetStream();
    joined.members += 1;
    joined.lastScope = scope;
    return { outcome: this.#run(physical, prepared, stmt, scope, begunMs), over: joined.over.promise };
  }

  /** Ends the group, if there is one. */
  commit(): void {
    const group = this.#group;
    if (group === undefined) {
      return;
    }
    this.#group = undefined;
    const { physical, over, lastScope } = group;
    const isCommitted = this.#end(physical, lastScope);
    this.#database.writes.release(this);
    try {
      if (isCommitted) {
        this.#database.checkpointer.committed(physical);
      }
      over.resolve(isCommitted);
    } catch (error) {
      over.reject(error);
    }
    this.#database.giveBack(physical);
  }

  /** Others need the lock. */
  giveWay(): void {
    this.commit();
  }

  takeAway(): void {
    this.commit();
  }

  /** The statement may run on the connection, in the group's transaction. */
  #joins(physical: PhysicalConnection, scope: Scope): boolean {
    const { writes, options } = this.#database;
    const { awaitingUpload, blockReads, blockWrites } = scope.settings;
    if (awaitingUpload || blockReads || blockWrites || options.mode === 'replica') {
      return false;
    }
    if (this.#group !== undefined) {
      return true;
    }
    if (!writes.takeNow(this)) {
      return false;
    }
    if (!this.#begins(physical)) {
      writes.release(this);
      return false;
    }
    const over = Promise.withResolvers<boolean>();
    // Nobody may be left who wants to know.
    over.promise.catch(() => undefined);
    this.#group = { physical, begunMs: performance.now(), over, members: 0, lastScope: scope };
    // After the requests that have come with this one.
    queueMicrotask(() => this.commit());
    return true;
  }

  /** False when another process has the lock, or the schema has what makes a difference in a group. */
  #begins(physical: PhysicalConnection): boolean {
    if (this.#schema?.mayShare === false && this.#schema.version === physical.schemaVersion()) {
      return false;
    }
    try {
      physical.run('BEGIN IMMEDIATE');
    } catch {
      return false;
    }
    const version = physical.schemaVersion();
    if (this.#schema?.version !== version) {
      const sql = `SELECT 1 FROM main.sqlite_schema WHERE sql LIKE '%DEFER%' OR sql LIKE '%ROLLBACK%' LIMIT 1`;
      this.#schema = { version, mayShare: physical.rows(sql).length === 0 };
    }
    if (!this.#schema.mayShare) {
      physical.run('ROLLBACK');
    }
    return this.#schema.mayShare;
  }

  #run(
    physical: PhysicalConnection,
    prepared: Prepared,
    stmt: SqlStatement,
    scope: Scope,
    begunMs: number,
  ): ExecutedStatement | SqlError {
    try {
      const bound = prepared.parameters.bind(stmt.args, stmt.namedArgs, prepared.isExplain);
      physical.begin(prepared, scope.rights);
      physical.limitSize(scope.settings.sizeLimitBytes);
      scope.blocks?.(true);
      const startedMs = performance.now();
      const done = runAtOnce(physical, prepared, bound, maxBytesOf(stmt));
      prepared.ranShared(performance.now() - startedMs);
      if (done === undefined) {
        throw new Error('a write is run at once');
      }
      return toResult(prepared.cols, done, stmt.wantRows, begunMs);
    } catch (error) {
      const explained = physical.authorizer.refusal(prepared.sql) ?? toSqlError(error, prepared.sql);
      if (explained instanceof SqlError) {
        return explained;
      }
      throw explained;
    }
  }

  #end(physical: PhysicalConnection, scope: Scope): boolean {
    if (!physical.db.isTransaction) {
      // An error, such as a full disk, has ended it.
      return false;
    }
    try {
      scope.blocks?.(this.#lastCommitMs < QUICK_MS);
      const begunMs = performance.now();
      physical.run('COMMIT');
      this.#lastCommitMs = performance.now() - begunMs;
      return true;
    } catch {
      if (physical.db.isTransaction) {
        physical.run('ROLLBACK');
      }
      return false;
    }
  }
}

function hasRoom({ physical, begunMs, members }: Group, nowMs: number): boolean {
  return physical.db.isTransaction && members < MEMBERS_MAX && nowMs - begunMs < GROUP_MS;
}
