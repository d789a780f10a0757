/**
 * One stream's connection to a database: runs statements one after another, each with the rights of its scope.
 *
 * A stream that loses its transaction (another writer waited, and its time was over) hears so on every statement until
 * it says ROLLBACK or COMMIT: nothing of what it sends may take effect outside the transaction that it believes in.
 *
 * @module
 */
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

import type { DescribeResult, Value } from '@skerry/hrana/shared/proto';

import { attach } from './attach.ts';
import { closed, isBusy, timedOut, tooLarge } from './connection-errors.ts';
import { findStatement } from './lexer.ts';
import type { OpenDatabase } from './open-database.ts';
import type { Bound } from './parameters.ts';
import type { PhysicalConnection } from './physical-connection.ts';
import type { Prepared } from './prepared.ts';
import { HeldRows, SteppedSource, takeAll } from './row-source.ts';
import { undoable } from './savepoint.ts';
import { toSqlError } from './sqlite-errors.ts';
import { collectRows, effectOf, NO_EFFECT, NOTHING_DONE, sizeOf, toResult } from './statement-result.ts';
import type { Done } from './statement-result.ts';
import { SqlError } from './statement.ts';
import type { ExecutedStatement, RowSource, Scope, SqlStatement } from './statement.ts';
import { mayReadWhole } from './whole-read.ts';
import type { Writer } from './write-queue.ts';

/** A read that gives no more is done at once, without a turn for others. */
const AT_ONCE = { maxRows: 2_000, maxBytes: 1_000_000 };
const PAGE_BYTES = 4096;
/** While another process has SQLite's lock, which it has for a moment only. */
const BUSY_PAUSE_MS = 2;

export class Connection implements Writer {
  readonly #database: OpenDatabase;
  #physical: PhysicalConnection;
  #source: RowSource | undefined;
  #isReadOnlyTransaction = false;
  #lostTransaction = false;
  #isClosed = false;

  constructor(database: OpenDatabase, physical: PhysicalConnection) {
    this.#database = database;
    this.#physical = physical;
  }

  /** Runs one statement to its end. @throws {SqlError} (as a rejection) */
  async execute(stmt: SqlStatement, scope: Scope): Promise<ExecutedStatement> {
    const begunMs = performance.now();
    const prepared = await this.#prepareWhenFree(stmt.sql, scope);
    if (prepared === undefined || this.#acknowledgesLoss(prepared)) {
      return toResult([], NOTHING_DONE, false, begunMs);
    }
    const bound = prepared.parameters.bind(stmt.args, stmt.namedArgs, prepared.isExplain);
    await this.#mayRun(prepared, scope);
    if (prepared.kind !== 'read' || (prepared.lastRowCount ?? 0) <= AT_ONCE.maxRows) {
      const maxBytes = stmt.wantRows ? stmt.maxBytes : Infinity;
      const done = await this.#untilFree(prepared, scope, () => this.#runAtOnce(prepared, bound, maxBytes));
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
    const { rows, effect } = await this.#untilFree(prepared, scope, () => this.#runWrite(prepared, bound, Infinity));
    return new HeldRows(prepared.cols, rows, { ...effect, queryDurationMs: performance.now() - begunMs });
  }

  /** Runs every statement of the text without arguments until one fails. An empty text is fine. */
  async sequence(sql: string, scope: Scope): Promise<void> {
    for (let span = findStatement(sql); span !== undefined; span = findStatement(sql, span.next)) {
      const statement = sql.slice(span.start, span.end);
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
      for (let span = findStatement(sql); span !== undefined; span = findStatement(sql, span.next)) {
        const { kind, words, changesConnection } = this.#compile(sql.slice(span.start, span.end), scope, true);
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
    return !this.#lostTransaction && !this.#physical.db.isTransaction;
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
    this.#database.giveBack(this, this.#physical);
  }

  /** Another writer waits, and this one's time is over. */
  takeAway(): void {
    if (this.#physical.db.isTransaction) {
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
    this.#physical = this.#database.exchange(this.#physical);
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
    await delay(BUSY_PAUSE_MS);
    scope.goesOn?.();
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
    const { settings } = scope;
    const { kind, begin } = prepared;
    const isWrite = kind === 'write';
    const readsOrWrites = isWrite || kind === 'read' || kind === 'begin';
    if (settings.awaitingUpload) {
      throw new SqlError('AWAITING_UPLOAD', 'the database waits for its upload and cannot be queried yet', {
        kind: 'blocked',
      });
    }
    if ((settings.blockReads && readsOrWrites) || (settings.blockWrites && isWrite)) {
      throw new SqlError('BLOCKED', 'Operation was blocked', { kind: 'blocked' });
    }
    if (!isWrite && begin?.takesLock !== true) {
      return;
    }
    if (this.#isReadOnlyTransaction || this.#database.options.mode === 'replica') {
      throw new SqlError('SQLITE_READONLY', 'SQLite error: attempt to write a readonly database');
    }
    const lock = this.#database.writes.acquire(this);
    if (lock !== undefined) {
      scope.waits?.();
      await lock.finally(() => scope.goesOn?.());
    }
  }

  /** Runs; again and again while another process has SQLite's lock. Gives the write lock back when it is not needed. */
  async #untilFree<Result>(prepared: Prepared, scope: Scope, run: () => Result): Promise<Result> {
    const untilMs = performance.now() + this.#database.options.transactionMs;
    try {
      for (;;) {
        if (this.#isClosed) {
          throw closed();
        }
        try {
          this.#physical.begin(prepared, scope.rights);
          if (prepared.kind === 'write') {
            this.#physical.limitSize(scope.settings.sizeLimitBytes, PAGE_BYTES);
          }
          scope.blocks?.(prepared.isQuick);
          const begunMs = performance.now();
          const result = run();
          prepared.lastRunMs = performance.now() - begunMs;
          this.#ran(prepared);
          return result;
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

  /** Undefined for a read that gives too many rows for this: it must be run again, in steps. */
  #runAtOnce(prepared: Prepared, bound: Bound, maxBytes: number): Done | undefined {
    if (prepared.kind !== 'read') {
      return this.#runWrite(prepared, bound, maxBytes);
    }
    const begunMs = performance.now();
    const taken = mayReadWhole(this.#physical, prepared, bound)
      ? this.#all(prepared, bound)
      : takeAll(this.#iterate(prepared, bound), AT_ONCE);
    if (taken === undefined) {
      prepared.takeFullscanSteps();
      return undefined;
    }
    if (taken.sizeBytes > maxBytes) {
      throw tooLarge();
    }
    return { ...taken, effect: effectOf(prepared, this.#physical, taken.rows.length, performance.now() - begunMs) };
  }

  /** Also for what is no read: BEGIN and the like. When its rows are more than `maxBytes`, it has not happened. */
  #runWrite(prepared: Prepared, bound: Bound, maxBytes: number): Done {
    const begunMs = performance.now();
    const isReturning = prepared.kind === 'write' && prepared.cols.length > 0;
    const taken =
      isReturning && maxBytes < Infinity
        ? undoable(this.#physical, () => takeAll(this.#iterate(prepared, bound), { maxRows: Infinity, maxBytes }))
        : this.#all(prepared, bound);
    if (taken === undefined) {
      // What was undone is counted all the same, and not to be counted for the next statement.
      this.#physical.takeChanges();
      throw tooLarge();
    }
    return { ...taken, effect: effectOf(prepared, this.#physical, taken.rows.length, performance.now() - begunMs) };
  }

  #all({ statement }: Prepared, bound: Bound): Omit<Done, 'effect'> {
    // Types know neither that rows are arrays nor that named arguments may come first.
    const rows = statement.all(...(bound as Value[])) as unknown as Value[][];
    return { rows, sizeBytes: sizeOf(rows) };
  }

  #iterate({ statement }: Prepared, bound: Bound): Iterator<Value[]> {
    return statement.iterate(...(bound as Value[])) as unknown as Iterator<Value[]>;
  }

  #step(prepared: Prepared, bound: Bound, scope: Scope): SteppedSource {
    const begunMs = performance.now();
    const source = new SteppedSource({
      rows: this.#iterate(prepared, bound),
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
    if (this.#physical.db.isOpen && !this.#physical.db.isTransaction) {
      this.#isReadOnlyTransaction = false;
      if (this.#database.writes.holds(this)) {
        this.#database.writes.release(this);
        this.#database.checkpointer.committed(this.#physical);
      }
    }
  }

  #rollBack(): void {
    if (this.#physical.db.isTransaction) {
      this.#physical.run('ROLLBACK');
    }
    this.#isReadOnlyTransaction = false;
  }

  #explained(error: unknown, { sql }: Prepared): unknown {
    return this.#physical.authorizer.refusal(sql) ?? toSqlError(error, sql);
  }
}
