/**
 * One SQLite connection: opened once, used by one stream after another. What a stream changes of the connection itself
 * (attached databases, pragmas) makes it unfit for the next one; it is closed then.
 *
 * @module
 */
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';

import type { Value } from '@skerry/hrana/shared/proto';
import { LRUCache } from 'lru-cache';

import type { Rights } from '../relay/rights.ts';
import { Authorizer } from './authorizer.ts';
import { addFunctions } from './functions/functions.ts';
import type { OpenDatabaseOptions } from './open-database.ts';
import { Prepared } from './prepared.ts';
import { isSqliteFailure, SQLITE_ERROR, toSqlError } from './sqlite-errors.ts';
import { SqlError } from './statement.ts';
import { TableNames } from './table-names.ts';
import { STREAM_TOTAL } from './total-changes.ts';

const STATEMENTS_MAX = 100;
const PAGE_BYTES = 4096;
/** Longer texts are used once, as a rule: keeping them would only cost memory. */
const KEPT_SQL_MAX_CHARACTERS = 16_384;
const LIMITS = { attach: 6, variableNumber: 32_766, exprDepth: 1_000, compoundSelect: 500, likePatternLength: 50_000 };
/**
 * Another host that closes the database locks it for its last checkpoint: a moment, but on a slow disk or a busy machine a
 * long one, and an error here would be the client's.
 */
const OPENING_TIMEOUT_MS = 10_000;
/** A statement's text; several megabytes of values written into it are not unusual. */
const SQL_MAX_BYTES = 64 * 1024 * 1024;

export class PhysicalConnection {
  readonly db: DatabaseSync;
  readonly authorizer = new Authorizer();
  /** Something of the connection differs from how it was opened. */
  isChanged = false;

  readonly #statements = new LRUCache<string, Prepared>({
    max: STATEMENTS_MAX,
    dispose: (prepared) => prepared.close(),
  });
  readonly #total: StatementSync;
  /** Run, it changes nothing, and node:sqlite tells what the last statement that wrote has done. */
  readonly #noop: StatementSync;
  #schemaVersion: StatementSync | undefined;
  #pageCount: StatementSync | undefined;
  /** What statements were compiled to may be wrong without SQLite knowing. */
  #mustForgetStatements = false;
  /** Undefined after what may have changed the schema. */
  #tables: { readonly schemaVersion: bigint; readonly names: TableNames } | undefined;
  #sizeLimitBytes: number | null = null;
  #totalChanges = 0;
  /** What `total_changes()` was when the stream began. */
  #othersChanges = 0n;
  #hasWritten = false;
  #othersHaveWritten = false;

  constructor({ path, synchronous, maxRowBytes }: OpenDatabaseOptions) {
    this.db = new DatabaseSync(path, {
      timeout: OPENING_TIMEOUT_MS,
      readBigInts: true,
      returnArrays: true,
      defensive: true,
      // As in libSQL's own build: people write "text" for 'text'.
      enableDoubleQuotedStringLiterals: true,
      limits: { ...LIMITS, length: maxRowBytes, sqlLength: SQL_MAX_BYTES },
    });
    addFunctions(this.db);
    // A trusted schema may call our functions: indexes of vectors and triggers do. It trusts nobody with more: what reaches
    // beyond the database can be called from no schema at all, and the authorizer is asked before.
    this.db.exec(
      `PRAGMA trusted_schema = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = ${synchronous}; ` +
        'PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY',
    );
    // Loads the schema. From here on nothing waits inside SQLite: that would hold up every stream of this host.
    this.db.exec('SELECT 1 FROM sqlite_schema LIMIT 1; PRAGMA busy_timeout = 0');
    this.#total = this.db.prepare('SELECT total_changes()');
    this.#noop = this.db.prepare('SELECT 1 WHERE FALSE');
    this.#hideOthersChanges();
    this.db.setAuthorizer(this.authorizer.decide);
  }

  /**
   * @param isDry it will not be run
   * @throws {SqlError} when SQLite or the policy refuses the text, which is one statement
   */
  prepare(sql: string, rights: Rights, isDry = false): Prepared {
    const known = this.known(sql, rights);
    if (known !== undefined) {
      return known;
    }
    const prepared = this.#compile(sql, rights, isDry);
    if (sql.length <= KEPT_SQL_MAX_CHARACTERS && prepared.isReusable) {
      this.#statements.set(keyOf(sql, rights), prepared);
    }
    return prepared;
  }

  /** Undefined when it has to be compiled. */
  known(sql: string, rights: Rights): Prepared | undefined {
    if (this.#mustForgetStatements) {
      this.#mustForgetStatements = false;
      this.#statements.clear();
    }
    return this.#statements.get(keyOf(sql, rights));
  }

  #compile(sql: string, rights: Rights, isDry: boolean): Prepared {
    this.authorizer.isDry = isDry;
    try {
      this.#lookAtTables(rights);
      return Prepared.compile(this.db, this.authorizer, sql, rights);
    } catch (error) {
      if (!(error instanceof SqlError && isSqliteFailure(error.cause) && error.cause.errcode === SQLITE_ERROR)) {
        throw error;
      }
      // SQLite compiles with the schema as this connection has last seen it, and looks again only for some errors: that a
      // table has too few columns, for example, it says of a table that another connection has meanwhile altered.
      this.run('SELECT 1 FROM sqlite_schema LIMIT 1');
      return Prepared.compile(this.db, this.authorizer, sql, rights);
    } finally {
      this.authorizer.isDry = false;
    }
  }

  /** Before the statement's first step. @throws {SqlError} */
  begin(prepared: Prepared, rights: Rights): void {
    this.#lookAtTables(rights);
    this.authorizer.running(rights, prepared.intent, prepared.makes);
    const { kind, changesRows } = prepared;
    this.#hasWritten ||= kind === 'write';
    if (kind !== 'read') {
      // Undone, a change of the schema leaves no trace in its version.
      this.#tables = undefined;
    }
    if (prepared.changesConnection || (kind === 'write' && !changesRows)) {
      this.forgetStatements();
    }
  }

  /**
   * Before what marks compiled statements as expired: DDL, ATTACH, some pragmas. SQLite compiles those anew at their next
   * step from the schema that this connection has in memory, without looking whether another one has changed it since: it
   * then says of a table that it has too few columns. What is compiled here is looked after in #compile.
   */
  forgetStatements(): void {
    this.#mustForgetStatements = true;
  }

  /** Rights by table depend on what the tables are. Also makes SQLite load virtual tables, which is no client's doing. */
  #lookAtTables({ level }: Rights): void {
    if (level !== 'grants') {
      return;
    }
    const schemaVersion = this.schemaVersion();
    if (this.#tables?.schemaVersion !== schemaVersion) {
      const rows = this.rows("SELECT name, type FROM pragma_table_list WHERE schema = 'main'");
      this.#tables = { schemaVersion, names: new TableNames(rows as [string, string][]) };
    }
    this.authorizer.tables = this.#tables.names;
  }

  schemaVersion(): bigint {
    this.#schemaVersion ??= this.prepareOwn('PRAGMA main.schema_version');
    return this.askOwn(this.#schemaVersion)[0] as bigint;
  }

  pageCount(): number {
    this.#pageCount ??= this.prepareOwn('PRAGMA main.page_count');
    return Number(this.askOwn(this.#pageCount)[0]);
  }

  /** A statement of ours that is run again and again. */
  prepareOwn(sql: string): StatementSync {
    return this.#asOwn(() => this.db.prepare(sql));
  }

  /** The first row of one. SQLite may compile it anew for that. */
  askOwn(statement: StatementSync): unknown[] {
    return this.#asOwn(() => statement.get() as unknown as unknown[]);
  }

  #asOwn<Result>(work: () => Result): Result {
    const { rights } = this.authorizer;
    this.authorizer.rights = null;
    try {
      return work();
    } finally {
      this.authorizer.rights = rights;
    }
  }

  /** The rows of a statement of ours. @throws {SqlError} */
  rows(sql: string): unknown[] {
    const { rights } = this.authorizer;
    this.authorizer.rights = null;
    try {
      const statement = this.db.prepare(sql);
      const rows = statement.all();
      statement.close();
      return rows;
    } catch (error) {
      throw toSqlError(error, sql);
    } finally {
      this.authorizer.rights = rights;
    }
  }

  /** After a statement that wrote: what it changed itself, and with what its triggers and foreign keys did. */
  takeChanges(): { readonly changes: number; readonly allChanges: number; readonly lastInsertRowid: bigint } {
    const totalChanges = this.#readTotal();
    const { changes, lastInsertRowid } = this.#noop.run() as { changes: bigint; lastInsertRowid: bigint };
    const allChanges = Number(totalChanges) - this.#totalChanges;
    this.#totalChanges = Number(totalChanges);
    return { changes: Number(changes), allChanges, lastInsertRowid };
  }

  #readTotal(): bigint {
    const [totalChanges] = this.#total.get() as unknown as [bigint];
    return totalChanges;
  }

  /** Runs a statement of ours: the policy is for clients. */
  run(sql: string, ...values: Value[]): void {
    const { rights } = this.authorizer;
    this.authorizer.rights = null;
    this.#tables = undefined;
    try {
      const statement = this.db.prepare(sql);
      statement.run(...values);
      statement.close();
    } catch (error) {
      throw toSqlError(error, sql);
    } finally {
      this.authorizer.rights = rights;
    }
  }

  /** The largest that the file may become. Null: as large as SQLite allows. */
  limitSize(sizeLimitBytes: number | null): void {
    if (this.#sizeLimitBytes !== sizeLimitBytes) {
      const pages = sizeLimitBytes === null ? 4_294_967_294 : Math.max(1, Math.floor(sizeLimitBytes / PAGE_BYTES));
      // SQLite never takes less than the file already has.
      this.run(`PRAGMA max_page_count = ${pages}`);
      this.#sizeLimitBytes = sizeLimitBytes;
    }
  }

  /** The stream is over; another one may have the connection. */
  forgetStream(): void {
    if (this.#hasWritten) {
      this.#hasWritten = false;
      this.#othersHaveWritten = true;
      this.#othersChanges = this.#readTotal();
    }
  }

  /** SQLite's `total_changes()` would tell what other streams have changed, and nothing can set it back. */
  get tellsOthersTotal(): boolean {
    return this.#othersHaveWritten && !this.#hasWritten && !this.isChanged;
  }

  /**
   * `last_insert_rowid()` and `changes()` tell nothing of an earlier stream: SQLite's own two cannot be set back, so these
   * stand in their place, in triggers as well. For `total_changes()` see total-changes.ts.
   */
  #hideOthersChanges(): void {
    this.db.function('changes', () => (this.#hasWritten ? this.#noop.run().changes : 0n));
    this.db.function('last_insert_rowid', () => (this.#hasWritten ? this.#noop.run().lastInsertRowid : 0n));
    this.db.function(STREAM_TOTAL, () => this.#readTotal() - this.#othersChanges);
  }

  close(): void {
    this.#statements.clear();
    if (this.db.isOpen) {
      this.db.close();
    }
  }
}

/** Who may do what is part of what a text is compiled to. */
function keyOf(sql: string, { level, grants }: Rights): string {
  return level === 'grants' ? `${JSON.stringify(grants)}${sql}` : `${level} ${sql}`;
}
