/**
 * Decides, action by action, what a statement may do while SQLite compiles it: the policy that holds for everybody
 * (docs/sql.md), the rights of the token, and what the statement is. SQLite asks again when it compiles a statement anew
 * after a change of the schema, and while virtual tables work; so the scope must be set before every step.
 *
 * Everything that is not allowed here is refused.
 *
 * @module
 */
import { constants } from 'node:sqlite';

import { TABLE_ACTIONS } from '../relay/rights.ts';
import type { Rights, TableAction } from '../relay/rights.ts';
import { pragmaUse } from './pragmas.ts';
import { SqlError } from './statement.ts';
import { lowerCase, ownerByName, TableNames } from './table-names.ts';

const { SQLITE_OK, SQLITE_DENY, SQLITE_IGNORE } = constants;

/** Modules of virtual tables that read and write nothing but the database itself. */
const MODULES = new Set(['fts5', 'fts5vocab', 'rtree', 'rtree_i32', 'geopoly', 'fts4', 'fts3']);
/** Functions that reach beyond the database or into SQLite itself. */
const FORBIDDEN_FUNCTIONS = new Set([
  'load_extension',
  'fts3_tokenizer',
  'sqlite_dbpage',
  'writefile',
  'readfile',
  'edit',
]);
const SCHEMA_TABLE = /^sqlite_(?:temp_)?(?:master|schema)$/;

/** What the statement that is being compiled does. */
export interface Analysis {
  /** It changes the database file. */
  writes: boolean;
  /** It sets something of the connection, which must not outlive its stream. */
  changesConnection: boolean;
  /** It asks for `total_changes()`. */
  asksForTotal: boolean;
  /** It has a query that feeds itself. */
  isRecursive: boolean;
  /** The virtual table that it makes. */
  makes: string | undefined;
}

/** What of a statement's text counts here and is not asked about by SQLite. */
export interface Intent {
  readonly isExplain: boolean;
  /** It may delete the rows that are in its way. */
  readonly replacesRows: boolean;
}

/** What was granted of the statement already, and brings other questions of SQLite with it. Names in lower case. */
interface Underway {
  /** Dropping a table asks to delete its rows, too. */
  drops?: string;
  /** Making an index asks to read the table and to build the index. */
  indexes?: { readonly table: string; readonly index: string };
  /** Renaming a table renames it in the list of AUTOINCREMENT numbers. */
  alters?: boolean;
  /** A new virtual table makes tables for its data. */
  makes?: string;
}

type Refusal = { readonly kind: 'unsupported' } | { readonly kind: 'forbidden'; readonly what: string };

export class Authorizer {
  /** Null while the engine runs its own statements. */
  rights: Rights | null = null;
  /** The statement is only looked at. Some pragmas take effect while they are compiled: not then, nor under EXPLAIN. */
  isDry = false;
  /** What this connection has attached, by its alias in lower case; it can be read only. */
  readonly attached = new Map<string, { readonly name: string; readonly path: string }>();

  #intent: Intent = { isExplain: false, replacesRows: false };
  #tables = new TableNames();
  #isRunning = false;
  #underway: Underway = {};
  #analysis: Analysis = {
    writes: false,
    changesConnection: false,
    asksForTotal: false,
    isRecursive: false,
    makes: undefined,
  };
  #refusal: Refusal | undefined;

  /**
   * The tables of the database as it is now: virtual ones are known by name alone. Only asked for rights by table.
   * Set before `compiling` and `running`.
   */
  set tables(tables: TableNames) {
    this.#tables = tables;
  }

  /** Before every compilation: who asks, and for what. */
  compiling(rights: Rights, intent: Intent): void {
    this.#enter(rights, intent, false, undefined);
    this.#analysis = {
      writes: false,
      changesConnection: false,
      asksForTotal: false,
      isRecursive: false,
      makes: undefined,
    };
  }

  /** Before every step, because SQLite may compile anew then, and virtual tables work. */
  running(rights: Rights, intent: Intent, makes: string | undefined): void {
    this.#enter(rights, intent, true, makes);
  }

  #enter(rights: Rights, intent: Intent, isRunning: boolean, makes: string | undefined): void {
    this.rights = rights;
    this.#intent = intent;
    this.#isRunning = isRunning;
    this.#underway = makes === undefined ? {} : { makes };
    // An error that comes now is not to be taken for what an earlier statement was refused for.
    this.#refusal = undefined;
  }

  get analysis(): Analysis {
    return this.#analysis;
  }

  /** Why something was denied since `compiling` or `running`, as an error for the client. */
  refusal(sql: string): SqlError | undefined {
    const refusal = this.#refusal;
    if (refusal === undefined) {
      return undefined;
    }
    return refusal.kind === 'unsupported' ? unsupported(sql) : forbidden(refusal.what);
  }

  /** SQLite's question; https://www.sqlite.org/c3ref/set_authorizer.html names the arguments of each action. */
  readonly decide = (action: number, first: string | null, second: string | null, database: string | null): number => {
    const { rights } = this;
    if (rights === null) {
      return SQLITE_OK;
    }
    switch (action) {
      case constants.SQLITE_RECURSIVE:
        this.#analysis.isRecursive = true;
        return SQLITE_OK;
      case constants.SQLITE_SELECT:
      case constants.SQLITE_TRANSACTION:
      case constants.SQLITE_SAVEPOINT:
      case constants.SQLITE_DETACH:
        return SQLITE_OK;
      case constants.SQLITE_READ:
        // Where the server's files lie: NULL to who asks in this way.
        if (first === 'pragma_database_list' && second === 'file') {
          return SQLITE_IGNORE;
        }
        return this.#table(rights, 'data_read', first, database);
      case constants.SQLITE_INSERT:
        return this.#writeOver(rights, 'data_add', first, database);
      case constants.SQLITE_UPDATE:
        return this.#writeOver(rights, 'data_update', first, database);
      case constants.SQLITE_DELETE:
        return this.#write(rights, 'data_delete', first, database);
      case constants.SQLITE_CREATE_TABLE:
      case constants.SQLITE_CREATE_VIEW:
        return this.#write(rights, 'schema_add', first, database);
      case constants.SQLITE_CREATE_TRIGGER:
        // Its own statements are compiled when it fires, and what they replace is not to be seen then.
        if (rights.level === 'grants' && this.#intent.replacesRows && !isGranted(rights, 'data_delete', null)) {
          return this.#forbidden('data_delete on every table');
        }
        return this.#write(rights, 'schema_add', second, database);
      case constants.SQLITE_CREATE_INDEX:
        this.#underway.indexes = { table: lowerCase(second ?? ''), index: lowerCase(first ?? '') };
        return this.#write(rights, 'schema_add', second, database);
      case constants.SQLITE_CREATE_VTABLE:
        return this.#makeVirtual(rights, lowerCase(first ?? ''), String(second).toLowerCase(), database);
      case constants.SQLITE_DROP_TABLE:
      case constants.SQLITE_DROP_VIEW:
      case constants.SQLITE_DROP_VTABLE:
        this.#underway.drops = lowerCase(first ?? '');
        return this.#write(rights, 'schema_delete', first, database);
      case constants.SQLITE_DROP_INDEX:
      case constants.SQLITE_DROP_TRIGGER:
        return this.#write(rights, 'schema_delete', second, database);
      case constants.SQLITE_ALTER_TABLE:
        this.#underway.alters = true;
        return this.#write(rights, 'schema_update', second, first);
      case constants.SQLITE_REINDEX:
        return this.#write(rights, 'schema_update', first, database);
      case constants.SQLITE_FUNCTION:
        return this.#function(String(second).toLowerCase());
      case constants.SQLITE_PRAGMA:
        return this.#pragma(rights, first ?? '', second);
      default:
        // ATTACH (ours goes by without being asked), ANALYZE, everything TEMP, and what later versions may add.
        return this.#unsupported();
    }
  };

  #function(name: string): number {
    this.#analysis.asksForTotal ||= name === 'total_changes';
    return FORBIDDEN_FUNCTIONS.has(name) ? this.#unsupported() : SQLITE_OK;
  }

  #pragma(rights: Rights, name: string, argument: string | null): number {
    const use = pragmaUse(name, argument);
    if (use === 'refused') {
      return this.#unsupported();
    }
    if (use === 'connection') {
      this.#analysis.changesConnection = true;
      return this.isDry || this.#intent.isExplain ? SQLITE_IGNORE : SQLITE_OK;
    }
    if (use === 'ignored') {
      return SQLITE_IGNORE;
    }
    return use === 'write' ? this.#write(rights, 'schema_update', null, 'main') : SQLITE_OK;
  }

  #write(rights: Rights, action: TableAction, table: string | null, database: string | null): number {
    // EXPLAIN compiles a statement without running it: its writes are none.
    if (this.#intent.isExplain) {
      return this.#table(rights, 'data_read', table, database);
    }
    this.#analysis.writes = true;
    if (rights.level === 'read') {
      return this.#forbidden('Write');
    }
    // Only a change of the schema gets so far: SQLite itself refuses every other write to its own tables. A rename looks
    // through the schema of temporary tables too, although nobody has any.
    if (table !== null && SCHEMA_TABLE.test(table)) {
      return SQLITE_OK;
    }
    if (database === 'temp') {
      return this.#unsupported();
    }
    return this.#table(rights, action, table, database);
  }

  /** SQLite does not ask about rows that REPLACE deletes. Changes of the schema, which are asked for as writes too, delete none. */
  #writeOver(rights: Rights, action: TableAction, table: string | null, database: string | null): number {
    const decision = this.#write(rights, action, table, database);
    const deletes = this.#intent.replacesRows && !SCHEMA_TABLE.test(table ?? '');
    return decision === SQLITE_OK && deletes ? this.#write(rights, 'data_delete', table, database) : decision;
  }

  #table(rights: Rights, action: TableAction, table: string | null, database: string | null): number {
    if (rights.level !== 'grants') {
      return SQLITE_OK;
    }
    const name = table === null ? null : lowerCase(table);
    const isAllowed =
      (action === 'data_read' && this.#isReadable(name, database)) ||
      isGranted(rights, action, name) ||
      (name !== null && (this.#isGrantedWithOwner(rights, action, name) || this.#follows(action, name)));
    return isAllowed ? SQLITE_OK : this.#forbidden(`${action} on ${table ?? 'the database'}`);
  }

  #makeVirtual(rights: Rights, name: string, module: string, database: string | null): number {
    if (!MODULES.has(module)) {
      return this.#unsupported();
    }
    if (rights.level === 'grants') {
      // It shows the words of whatever index it names.
      if (module === 'fts5vocab' && !isGranted(rights, 'data_read', null)) {
        return this.#forbidden('data_read on every table');
      }
      if (this.#tables.hasInTheWay(name)) {
        return this.#forbidden(`schema_add on ${name}`);
      }
    }
    this.#analysis.makes = name;
    this.#underway.makes = name;
    return this.#write(rights, 'schema_add', name, database);
  }

  /** The schema, and what pragma functions tell of it, is readable with any token; attached databases were allowed. */
  #isReadable(name: string | null, database: string | null): boolean {
    return (
      name === null ||
      name === '' ||
      SCHEMA_TABLE.test(name) ||
      this.#tables.isFunction(name) ||
      (database !== null && this.attached.has(lowerCase(database)))
    );
  }

  /**
   * The right to a virtual table is the right to the tables with its data. While it works it reads and writes them all,
   * whatever it was asked for; a client's own text, which is compiled before, gets the same of them as of their owner.
   */
  #isGrantedWithOwner(rights: Rights, action: TableAction, name: string): boolean {
    const owner = this.#tables.ownerOf(name);
    if (owner === undefined) {
      return false;
    }
    return this.#isRunning
      ? TABLE_ACTIONS.some((any) => isGranted(rights, any, owner))
      : isGranted(rights, action, owner);
  }

  /** SQLite asks only because of something that was granted. */
  #follows(action: TableAction, name: string): boolean {
    const { drops, indexes, alters, makes } = this.#underway;
    const reads = action === 'data_read';
    if (name === 'sqlite_sequence') {
      // No client can make this table, or name it in an ALTER or DROP.
      return (
        action === 'schema_add' ||
        (drops !== undefined && (reads || action === 'data_delete')) ||
        (alters === true && (reads || action === 'data_update'))
      );
    }
    return (
      (name === drops && (reads || action === 'data_delete')) ||
      (name === indexes?.table && reads) ||
      (name === indexes?.index && action === 'schema_update') ||
      (makes !== undefined && ownerByName(name) === makes)
    );
  }

  #unsupported(): number {
    this.#refusal ??= { kind: 'unsupported' };
    return SQLITE_DENY;
  }

  #forbidden(what: string): number {
    this.#refusal ??= { kind: 'forbidden', what };
    return SQLITE_DENY;
  }
}

/** @param name in lower case; null for every table */
function isGranted(rights: Rights, action: TableAction, name: string | null): boolean {
  return rights.grants.some(
    ({ tables, actions }) =>
      actions.includes(action) && (tables === null || tables.some((granted) => lowerCase(granted) === name)),
  );
}

/** sqld's text for every statement that its policy refuses (`query_analysis.rs`). */
export function unsupported(sql: string, why = ''): SqlError {
  return new SqlError('SQL_PARSE_ERROR', `SQL string could not be parsed: unsupported statement: ${sql}${why}`);
}

export function forbidden(what: string): SqlError {
  return new SqlError('FORBIDDEN', `Authorization forbidden: Current session doesn't have ${what} permission`, {
    kind: 'forbidden',
  });
}
