/**
 * A compiled statement with what is known of it.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { Col } from '@skerry/hrana/shared/proto';

import type { Rights } from '../relay/rights.ts';
import { forbidden, unsupported } from './authorizer.ts';
import type { Authorizer, Intent } from './authorizer.ts';
import { explainDialect } from './dialect.ts';
import { explainFunction } from './functions/sqlean-missing.ts';
import { findStatement, replacesRows, statementWords } from './lexer.ts';
import { Parameters } from './parameters.ts';
import { rewritePragma } from './pragmas.ts';
import { rewriteSeries } from './series.ts';
import { toSqlError } from './sqlite-errors.ts';
import { SqlError } from './statement.ts';
import { clientsName, rewriteTotalChanges } from './total-changes.ts';
import { rewriteVectorSearch } from './vector-top-k.ts';
import type { WholeRead } from './whole-read.ts';

/**
 * `begin`, `end` and `savepoint` are told apart because they move the write lock. `read` and `write` also stand for
 * pragmas and schema changes.
 */
export type StatementKind = 'read' | 'write' | 'begin' | 'end' | 'savepoint';

/** Words that may begin a statement; what else SQLite knows (VACUUM, ANALYZE, ATTACH as SQLite has it) is refused. */
const KINDS: Readonly<Record<string, StatementKind>> = {
  SELECT: 'read',
  VALUES: 'read',
  WITH: 'read',
  EXPLAIN: 'read',
  PRAGMA: 'read',
  DETACH: 'read',
  INSERT: 'write',
  REPLACE: 'write',
  UPDATE: 'write',
  DELETE: 'write',
  CREATE: 'write',
  DROP: 'write',
  ALTER: 'write',
  REINDEX: 'write',
  BEGIN: 'begin',
  COMMIT: 'end',
  END: 'end',
  ROLLBACK: 'end',
  SAVEPOINT: 'savepoint',
  RELEASE: 'savepoint',
};
/** As long as some ten requests take. */
const QUICK_MS = 1;
/** Of a write that waits for a slow disk, this is little. */
const SLOW_MS = 100;
/** After one that took long in a transaction with others. */
const RUNS_ALONE = 16;
const CHANGING_VERBS = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE']);

/** What a BEGIN asks for beyond SQLite's own default. */
export interface Begin {
  readonly takesLock: boolean;
  /** libSQL's BEGIN READONLY: no statement of the transaction may write. */
  readonly isReadOnly: boolean;
}

export class Prepared {
  readonly statement: StatementSync;
  /** The statement's text alone. */
  readonly sql: string;
  readonly kind: StatementKind;
  readonly words: { readonly first: string; readonly verb: string };
  readonly parameters: Parameters;
  readonly intent: Intent;
  readonly changesConnection: boolean;
  readonly asksForTotal: boolean;
  /** How long it takes may hang on one argument alone. */
  readonly isRecursive: boolean;
  /** The virtual table that it makes, in lower case. */
  readonly makes: string | undefined;
  readonly begin: Begin | undefined;
  /** False: what it was compiled to may be wrong by the next time, without SQLite knowing. */
  readonly isReusable: boolean;
  /** Rows of its last run. A statement that gave few the last time is run in the quicker way. */
  lastRowCount: number | undefined;
  /** How long its last run kept the thread, in milliseconds; of one that is run in steps, its first step. */
  lastRunMs: number | undefined;
  /** Runs by itself that are due before it may share a transaction again. */
  #runsAlone = 0;

  /** Not looked at yet: undefined; null when it is none. */
  wholeRead: WholeRead | null | undefined;

  /** A conflict may undo the whole transaction. */
  readonly #rollsBack: boolean;
  #cols: readonly Col[] | undefined;
  #recompiled = 0;
  #fullscanSteps = 0;

  private constructor(
    statement: StatementSync,
    sql: string,
    words: Prepared['words'],
    kind: StatementKind,
    intent: Intent,
    changesConnection: boolean,
    asksForTotal: boolean,
    isRecursive: boolean,
    makes: string | undefined,
    begin: Begin | undefined,
    isReusable: boolean,
  ) {
    this.statement = statement;
    this.sql = sql;
    this.words = words;
    this.kind = kind;
    this.parameters = new Parameters(sql);
    this.intent = intent;
    this.changesConnection = changesConnection;
    this.asksForTotal = asksForTotal;
    this.isRecursive = isRecursive;
    this.makes = makes;
    this.begin = begin;
    this.isReusable = isReusable;
    this.#rollsBack = /\bROLLBACK\b/i.test(sql);
  }

  /**
   * @param text a client's text, which must hold one statement
   * @throws {SqlError} when it holds none or several, and when SQLite or the policy refuses it
   */
  static compile(db: DatabaseSync, authorizer: Authorizer, text: string, rights: Rights): Prepared {
    const sql = onlyStatement(text);
    const words = statementWords(sql);
    const kind = KINDS[words.first];
    const rewritten = words.first === 'PRAGMA' ? rewritePragma(sql) : rewrite(db, authorizer, sql, rights);
    const intent = {
      isExplain: words.first === 'EXPLAIN',
      replacesRows: rights.level === 'grants' && replacesRows(sql),
    };
    authorizer.compiling(rights, intent);
    if (rights.level === 'grants' && (words.verb === 'INSERT' || words.verb === 'REPLACE')) {
      checkSource(db, authorizer, rewritten);
      authorizer.compiling(rights, intent);
    }
    const begin = words.first === 'BEGIN' ? readBegin(sql, rights) : undefined;
    let statement: StatementSync;
    try {
      statement = db.prepare(begin?.sql ?? rewritten);
    } catch (error) {
      const refusal = authorizer.refusal(sql);
      // ANALYZE asks for a table first, which is not what it is refused for.
      throw (
        (refusal && kind === undefined ? unsupported(sql) : refusal) ??
        explainFunction(error) ??
        explainDialect(sql) ??
        toSqlError(error, sql)
      );
    }
    if (kind === undefined) {
      statement.close();
      throw unsupported(sql);
    }
    if (kind === 'write' && rights.level === 'read') {
      // REINDEX of a table without an index asks the authorizer nothing.
      statement.close();
      throw forbidden('Write');
    }
    const { writes, changesConnection, asksForTotal, isRecursive, makes } = authorizer.analysis;
    // A pragma may take effect while it is compiled, and is therefore compiled each time it is run.
    const isReusable = rewritten === sql && words.first !== 'PRAGMA';
    return new Prepared(
      statement,
      sql,
      words,
      writes ? 'write' : kind,
      intent,
      changesConnection,
      asksForTotal,
      isRecursive,
      makes,
      begin,
      isReusable,
    );
  }

  /** It will hardly block: it reads or changes rows, and it did not the last time, commit included. */
  get isQuick(): boolean {
    const hasBeen = this.lastRunMs !== undefined && this.lastRunMs < QUICK_MS;
    return (this.kind === 'read' || this.changesRows) && !this.isRecursive && hasBeen;
  }

  /** It may run in one transaction with others (see WriteGroup), where it does the same and will hardly block. */
  get mayShare(): boolean {
    return (
      this.changesRows &&
      this.isReusable &&
      !this.isRecursive &&
      !this.asksForTotal &&
      !this.#rollsBack &&
      this.#runsAlone === 0 &&
      (this.lastRunMs ?? SLOW_MS) < SLOW_MS
    );
  }

  /** It kept the thread for so long, its commit included. */
  ran(ms: number): void {
    this.lastRunMs = ms;
    this.#runsAlone = Math.max(0, this.#runsAlone - 1);
  }

  /** The same, without a commit. */
  ranShared(ms: number): void {
    this.#runsAlone = ms < QUICK_MS ? 0 : RUNS_ALONE;
  }

  get isExplain(): boolean {
    return this.intent.isExplain;
  }

  /** INSERT, REPLACE, UPDATE, DELETE: statements that count the rows they change. */
  get changesRows(): boolean {
    return this.kind === 'write' && CHANGING_VERBS.has(this.words.verb);
  }

  get insertsRows(): boolean {
    return this.changesRows && (this.words.verb === 'INSERT' || this.words.verb === 'REPLACE');
  }

  /** Columns of the result. After a change of the schema they are right once the statement has begun to run. */
  get cols(): readonly Col[] {
    const recompiled = this.statement.stat('reprepare');
    if (this.#cols === undefined || recompiled !== this.#recompiled) {
      this.#recompiled = recompiled;
      this.#cols = this.statement.columns().map(({ name, type }) => ({ name: clientsName(name), decltype: type }));
    }
    return this.#cols;
  }

  /** Rows that a full scan stepped over since this was last asked. */
  takeFullscanSteps(): number {
    const total = this.statement.stat('fullscanStep');
    const steps = total - this.#fullscanSteps;
    this.#fullscanSteps = total;
    return steps;
  }

  close(): void {
    this.wholeRead?.close();
    this.statement.close();
  }
}

/** What it reads of the schema, every token may read. */
function rewrite(db: DatabaseSync, authorizer: Authorizer, sql: string, rights: Rights): string {
  authorizer.rights = null;
  try {
    return rewriteVectorSearch(db, rewriteSeries(rewriteTotalChanges(sql)));
  } catch (error) {
    throw toSqlError(error, sql);
  } finally {
    authorizer.rights = rights;
  }
}

/** The statement of a text that must hold one, without what surrounds it. */
function onlyStatement(text: string): string {
  // SQLite would silently stop reading there.
  if (text.includes('\0')) {
    throw new SqlError('SQL_PARSE_ERROR', 'SQL string could not be parsed: it contains a NUL character');
  }
  const span = findStatement(text);
  if (span === undefined) {
    throw new SqlError('SQL_NO_STATEMENT', 'SQL string does not contain any statement');
  }
  if (span.next < text.length && findStatement(text, span.next) !== undefined) {
    throw new SqlError('SQL_MANY_STATEMENTS', 'SQL string contains more than one statement');
  }
  return text.slice(span.start, span.end);
}

/**
 * For `INSERT INTO a SELECT * FROM b` SQLite copies whole records and does not ask the authorizer about b. With RETURNING
 * it cannot do that; so the statement is compiled that way once, only to hear its questions.
 */
function checkSource(db: DatabaseSync, authorizer: Authorizer, sql: string): void {
  try {
    db.prepare(`${sql} RETURNING 1`).close();
  } catch {
    const refusal = authorizer.refusal(sql);
    if (refusal !== undefined) {
      throw refusal;
    }
    // It has a RETURNING of its own, or an error that the real compilation tells.
  }
}

function mayWrite({ level, grants }: Rights): boolean {
  return (
    level === 'full' ||
    (level === 'grants' && grants.some(({ actions }) => actions.some((action) => action !== 'data_read')))
  );
}

const LIBSQL_BEGIN = /^BEGIN\s+(?:TRANSACTION\s+)?(READONLY|CONCURRENT)(?:\s+TRANSACTION)?$/i;

/**
 * libSQL's ways to begin, as SQLite has them: CONCURRENT writers wait for their turn here as all others do. Who may not
 * write gets no lock, however it is asked for: others would wait for nothing.
 */
function readBegin(sql: string, rights: Rights): Begin & { readonly sql: string } {
  const libsql = LIBSQL_BEGIN.exec(sql)?.[1]?.toUpperCase();
  const lock = /\b(?:IMMEDIATE|EXCLUSIVE)\b/gi;
  const asked = mayWrite(rights) ? sql : sql.replaceAll(lock, 'DEFERRED');
  return {
    sql: libsql === undefined ? asked : 'BEGIN',
    isReadOnly: libsql === 'READONLY',
    takesLock: lock.test(asked),
  };
}
