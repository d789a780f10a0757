/**
 * One stream's connection to a database: runs statements one after another, each with the rights of its scope.
 *
 * A stream that loses its transaction (another writer waited, and its time was over) hears so on every statement until
 * it says ROLLBACK or COMMIT: nothing of what it sends may take effect outside the transaction that it believes in.
 *
 * @module
 */
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

import type { DescribeResult } from '@skerry/hrana/shared/proto';

import { attach } from './attach.ts';
import { closed, isBusy, refuseBlocked, timedOut } from './connection-errors.ts';
import { statementsOf } from './lexer.ts';
import type { OpenDatabase } from './open-database.ts';
import type { Bound } from './parameters.ts';
import type { PhysicalConnection } from './physical-connection.ts';
import type { Prepared } from './prepared.ts';
import { HeldRows, SteppedSource } from './row-source.ts';
import { givesMany, iterate, maxBytesOf, runAtOnce, runWrite } from './run-at-once.ts';
import { toSqlError } from './sqlite-errors.ts';
import { collectRows, effectOf, NO_EFFECT, NOTHING_DONE, toResult } from './statement-result.ts';
import { SqlError } from './statement.ts';
import type { ExecutedStatement, RowSource, Scope, SqlStatement } from './statement.ts';
import type { Shared } from './write-group.ts';
import type { Writer } from './write-queue.ts';

/** Another process has SQLite's lock for a moment only. */
const BUSY_PAUSE_MS = 2;

export class Connection implements Writer {
  readonly #database: OpenDatabase;
  /** Undefined until something is run on it. */
  #taken: PhysicalConnection | undefined;
  #source: RowSource | undefined;
  #isReadOnlyTransaction = false;
  #lostTransaction = false;
  #isClosed = false;

  constructor(database: OpenDatabase) {
    this.#database = database;
  }

  get #physical(): PhysicalConnection {
    this.#taken ??= this.#database.take();
    return this.#taken;
  }

  /** Runs one statement to its end. @throws {SqlError} (as a rejection) */
  async execute(stmt: SqlStatement, scope: Scope): Promise<ExecutedStatement> {
    return this.executeNow(stmt, scope) ?? (await this.#executeLater(stmt, scope));
  }

  /**
   * The same at once, as most statements can be run. Undefined, and nothing has happened, when something is to be waited
   * for, or others should have their turn meanwhile: `execute` does that.
   *
   * @throws {SqlError}
   */
  executeNow(stmt: SqlStatement, scope: Scope): ExecutedStatement | undefined {
    try {
      return this.#once(stmt, scope);
    } catch (error) {
      if (isBusy(error)) {
        return undefined;
      }
      throw error;
    }
  }

  /**
   * The same, in one transaction with writes of other requests: what it gives must be told to nobody before that is over.
   * Undefined, and nothing has happened, when it is no statement for that, or the stream has begun something of its own.
   */
  executeShared(stmt: SqlStatement, scope: Scope): Shared | undefined {
    return this.#isClosed || this.#taken !== undefined ? undefined : this.#database.group.execute(stmt, scope);
  }

  #once(stmt: SqlStatement, scope: Scope): ExecutedStatement | undefined {
    const begunMs = performance.now();
    const prepared = this.#prepare(stmt.sql, scope);
    if (prepared === undefined || this.#acknowledgesLoss(prepared)) {
      return toResult([], NOTHING_DONE, false, begunMs);
    }
    const bound = prepared.parameters.bind(stmt.args, stmt.namedArgs, prepared.isExplain);
    if ((this.#needsLock(prepared, scope) && !this.#database.writes.takeNow(this)) || givesMany(prepared)) {
      return undefined;
    }
    try {
      const done = this.#run(prepared, scope, () => runAtOnce(this.#physical, prepared, bound, maxBytesOf(stmt)));
      return done && toResult(prepared.cols, done, stmt.wantRows, begunMs);
    } catch (error) {
      throw this.#explained(error, prepared);
    } finally {
      this.#settle();
    }
  }

  async #executeLater(stmt: SqlStatement, scope: Scope): Promise<ExecutedStatement> {
    const begunMs = performance.now();
    const prepared = await this.#prepareWhenFree(stmt.sql, scope);
    if (prepared === undefined || this.#acknowledgesLoss(prepared)) {
      return toResult([], NOTHING_DONE, false, begunMs);
    }
    const bound = prepared.parameters.bind(stmt.args, stmt.namedArgs, prepared.isExplain);
    await this.#mayRun(prepared, scope);
    if (!givesMany(prepared)) {
      const done = await this.#untilFree(prepared, scope, () =>
        runAtOnce(this.#physical, prepared, bound, maxBytesOf(stmt)),
      );
      if (done !== undefined) {
        return toResult(prepared.cols, done, stmt.wantRows, begunMs);
      }
    }
    const source = await this.#untilFree(prepared, scope, () => this.#step(prepared, bound, scope));
    const done = await collectRows(source, stmt, scope, begunMs, this.#database.options.statementMs);
    return toResult(source.cols, done, stmt.wantRows, begunMs);
  }

  /** Starts one statement and gives its rows when they are pulled; for cursors. @throws {SqlError} (as a rejection) */
  async query(stmt: SqlStatement, scope: Scope): Promise<RowSource> {
    const prepared = await this.#prepareWhenFree(stmt.sql, scope);
    if (prepared === undefined || this.#acknowledgesLoss(prepared)) {
      return new HeldRows([], [], { ...NO_EFFECT, queryDurationMs: 0 });
    }
    const bound = prepared.parameters.bind(stmt.args, stmt.namedArgs, prepared.isExplain);
    await this.#mayRun(prepared, scope);
    if (prepared.kind === 'read') {
      return await this.#untilFree(prepared, scope, () => this.#step(prepared, bound, scope));
    }
    const begunMs = performance.now();
    const { rows, effect } = await this.#untilFree(prepared, scope, () =>
      runWrite(this.#physical, prepared, bound, Infinity),
    );
    return new HeldRows(prepared.cols, rows, { ...effect, queryDurationMs: performance.now() - begunMs });
  }

  /** Runs every statement of the text without arguments until one fails. An empty text is fine. */
  async sequence(sql: string, scope: Scope): Promise<void> {
    for (const statement of statementsOf(sql)) {
      await this.execute({ sql: statement, args: [], namedArgs: [], wantRows: false, maxBytes: Infinity }, scope);
      await turn();
    }
  }

  describe(sql: string, scope: Scope): DescribeResult {
    const prepared = this.#compile(sql, scope, true);
    return {
      params: prepared.parameters.names.map((name) => ({ name })),
      cols: prepared.cols,
      isExplain: prepared.isExplain,
      isReadonly: prepared.kind !== 'write' && prepared.begin?.takesLock !== true,
    };
  }

  /** Every statement of the text is a read in autocommit; nothing is run. False when in doubt. */
  isPlainRead(sql: string, scope: Scope): boolean {
    if (!this.isAutocommit) {
      return false;
    }
    try {
      let count = 0;
      for (const statement of statementsOf(sql)) {
        const { kind, words, changesConnection } = this.#compile(statement, scope, true);
        if (kind !== 'read' || changesConnection || words.first === 'DETACH') {
          return false;
        }
        count += 1;
      }
      return count > 0;
    } catch {
      return false;
    }
  }

  /**
   * Throws what would refuse the text whatever the database holds: `SQL_PARSE_ERROR`, `SQL_NO_STATEMENT`,
   * `SQL_MANY_STATEMENTS`. A batch asks this for each step before it runs any. A missing table is not such an error,
   * because an earlier step may make it.
   */
  parses(sql: string, scope: Scope): void {
    try {
      this.#prepare(sql, scope, true);
    } catch (error) {
      if (error instanceof SqlError && error.code.startsWith('SQL_') && error.code !== 'SQL_INPUT_ERROR') {
        throw error;
      }
    }
  }

  /** False inside a transaction, also when it was opened by SAVEPOINT, and after a transaction was lost. */
  get isAutocommit(): boolean {
    return !this.#lostTransaction && !this.#isInTransaction;
  }

  get #isInTransaction(): boolean {
    return this.#taken?.db.isOpen === true && this.#taken.db.isTransaction;
  }

  /** Rolls back what is open. Safe to call twice. A statement that waits for the write lock is refused. */
  close(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    this.#source?.close();
    this.#rollBack();
    this.#database.writes.forget(this, closed);
    this.#database.closed(this, this.#taken);
  }

  /** Another writer waits, and this one's time is over. */
  takeAway(): void {
    if (this.#isInTransaction) {
      this.#lostTransaction = true;
      this.#source?.close();
      this.#rollBack();
    }
  }

  #compile(sql: string, scope: Scope, isDry = false): Prepared {
    if (this.#isClosed) {
      throw closed();
    }
    attach.check(this.#physical, sql, scope);
    const prepared = this.#physical.prepare(sql, scope.rights, isDry);
    if (!prepared.asksForTotal || !this.#physical.tellsOthersTotal || this.#physical.db.isTransaction) {
      return prepared;
    }
    // Rare enough for a connection of its own. In a transaction, or after a write, it is too late.
    this.#taken = this.#database.exchange(this.#physical);
    return this.#physical.prepare(sql, scope.rights, isDry);
  }

  /** Compiling reads the schema, which another process may have locked for a moment. */
  async #prepareWhenFree(sql: string, scope: Scope): Promise<Prepared | undefined> {
    const untilMs = performance.now() + this.#database.options.transactionMs;
    for (;;) {
      try {
        return this.#prepare(sql, scope);
      } catch (error) {
        if (!isBusy(error) || performance.now() > untilMs) {
          throw error;
        }
      }
      await this.#pause(scope);
    }
  }

  /** Before the next try, while another process has SQLite's lock. */
  async #pause(scope: Scope): Promise<void> {
    scope.waits?.();
    await delay(BUSY_PAUSE_MS).then(() => scope.goesOn?.());
  }

  /** Undefined for an ATTACH, which is done already (or, when it is only asked whether it parses, not done). */
  #prepare(sql: string, scope: Scope, onlyParses = false): Prepared | undefined {
    const attachment = attach.read(sql);
    if (attachment === undefined) {
      return this.#compile(sql, scope, onlyParses);
    }
    if (!onlyParses) {
      if (this.#lostTransaction) {
        throw timedOut();
      }
      attach.run(this.#physical, attachment, scope);
    }
    return undefined;
  }

  /** After a lost transaction: true for the ROLLBACK that acknowledges it; every other statement is refused. */
  #acknowledgesLoss({ kind, words, sql }: Prepared): boolean {
    if (!this.#lostTransaction) {
      return false;
    }
    const endsAll = kind === 'end' && !/\bTO\b/i.test(sql);
    this.#lostTransaction = !endsAll;
    if (endsAll && words.first === 'ROLLBACK') {
      return true;
    }
    throw timedOut();
  }

  /** Resolves when the statement may run now: allowed by settings, and with the write lock when it needs that. */
  async #mayRun(prepared: Prepared, scope: Scope): Promise<void> {
    const lock = this.#needsLock(prepared, scope) ? this.#database.writes.acquire(this) : undefined;
    if (lock !== undefined) {
      scope.waits?.();
      await lock.finally(() => scope.goesOn?.());
    }
  }

  /** Whether the statement needs the write lock. @throws {SqlError} when it may not run at all */
  #needsLock({ kind, begin }: Prepared, { settings }: Scope): boolean {
    refuseBlocked(kind, settings);
    if (kind !== 'write' && begin?.takesLock !== true) {
      return false;
    }
    if (this.#isReadOnlyTransaction || this.#database.options.mode === 'replica') {
      throw new SqlError('SQLITE_READONLY', 'SQLite error: attempt to write a readonly database');
    }
    return true;
  }

  /** Runs; again and again while another process has SQLite's lock. Gives the write lock back when it is not needed. */
  async #untilFree<Result>(prepared: Prepared, scope: Scope, run: () => Result): Promise<Result> {
    const untilMs = performance.now() + this.#database.options.transactionMs;
    try {
      for (;;) {
        try {
          return this.#run(prepared, scope, run);
        } catch (error) {
          if (!isBusy(error) || performance.now() > untilMs) {
            throw this.#explained(error, prepared);
          }
        }
        await this.#pause(scope);
      }
    } finally {
      this.#settle();
    }
  }

  #run<Result>(prepared: Prepared, scope: Scope, run: () => Result): Result {
    if (this.#isClosed) {
      throw closed();
    }
    this.#physical.begin(prepared, scope.rights);
    if (prepared.kind === 'write') {
      this.#physical.limitSize(scope.settings.sizeLimitBytes);
    }
    scope.blocks?.(prepared.isQuick);
    const begunMs = performance.now();
    const result = run();
    prepared.ran(performance.now() - begunMs);
    this.#ran(prepared);
    return result;
  }

  #step(prepared: Prepared, bound: Bound, scope: Scope): SteppedSource {
    const begunMs = performance.now();
    const source = new SteppedSource({
      rows: iterate(prepared, bound),
      cols: () => prepared.cols,
      before: () => {
        if (this.#isClosed || this.#lostTransaction) {
          throw this.#isClosed ? closed() : timedOut();
        }
        this.#physical.authorizer.running(scope.rights, prepared.intent, prepared.makes);
      },
      finished: (rowCount) => {
        this.#source = undefined;
        return effectOf(prepared, this.#physical, rowCount, performance.now() - begunMs);
      },
      abandoned: (error) => {
        this.#source = undefined;
        prepared.takeFullscanSteps();
        // Raised by the first step, it goes through #untilFree, which may try again.
        return isBusy(error) ? error : this.#explained(error, prepared);
      },
    });
    this.#source = source;
    return source;
  }

  /** Follows what the statement did to the connection. */
  #ran({ begin, words, changesConnection }: Prepared): void {
    if (words.first === 'DETACH') {
      attach.forget(this.#physical);
    }
    this.#physical.isChanged ||= changesConnection;
    if (begin !== undefined) {
      this.#isReadOnlyTransaction = begin.isReadOnly;
    }
  }

  /** After a statement, failed or not: outside a transaction nothing is held. */
  #settle(): void {
    if (!this.#isInTransaction) {
      this.#isReadOnlyTransaction = false;
      if (this.#database.writes.holds(this)) {
        this.#database.writes.release(this);
        this.#database.checkpointer.committed(this.#physical);
      }
    }
  }

  #rollBack(): void {
    if (this.#isInTransaction) {
      this.#physical.run('ROLLBACK');
    }
    this.#isReadOnlyTransaction = false;
  }

  #explained(error: unknown, { sql }: Prepared): unknown {
    return this.#physical.authorizer.refusal(sql) ?? toSqlError(error, sql);
  }
}
