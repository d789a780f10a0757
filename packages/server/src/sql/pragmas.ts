/**
 * The pragmas that a client may use; every other one is refused. The lists are sqld's (`query_analysis.rs`), see
 * docs/sql.md for the few that we add and why.
 *
 * @module
 */
import { tokens } from './lexer.ts';

/** Tell about the schema and change nothing, whatever their argument. */
const INSPECTING = new Set([
  'table_list',
  'index_list',
  'table_info',
  'table_xinfo',
  'index_info',
  'index_xinfo',
  'pragma_list',
  'compile_options',
  'database_list',
  'function_list',
  'module_list',
  'encoding',
  'foreign_key_list',
  'foreign_key_check',
  'collation_list',
  'integrity_check',
  'quick_check',
]);

/** Belong to the connection: an argument changes this stream alone. */
const CONNECTION = new Set(['foreign_keys', 'defer_foreign_keys']);

/** An argument changes the database. */
const WRITING = new Set(['user_version']);

/** May be asked, not set. */
const READ_ONLY = new Set([
  'analysis_limit',
  'application_id',
  'auto_vacuum',
  'automatic_index',
  'busy_timeout',
  'cache_size',
  'cache_spill',
  'cell_size_check',
  'checkpoint_fullfsync',
  'data_version',
  'freelist_count',
  'fullfsync',
  'hard_heap_limit',
  'journal_mode',
  'journal_size_limit',
  'legacy_alter_table',
  'legacy_file_format',
  'locking_mode',
  'max_page_count',
  'mmap_size',
  'page_count',
  'page_size',
  'query_only',
  'read_uncommitted',
  'recursive_triggers',
  'reverse_unordered_selects',
  'schema_version',
  'secure_delete',
  'soft_heap_limit',
  'stats',
  'synchronous',
  'temp_store',
  'threads',
  'trusted_schema',
  'wal_autocheckpoint',
]);

/**
 * What drivers and scripts set when they open a file, to tune it: it changes no result, and the server sees to it itself.
 * Setting one does nothing. sqld refuses these, which only breaks clients (libsql issue 1119).
 */
const IGNORED = new Set([
  'analysis_limit',
  'auto_vacuum',
  'automatic_index',
  'busy_timeout',
  'cache_size',
  'cache_spill',
  'cell_size_check',
  'checkpoint_fullfsync',
  'fullfsync',
  'journal_mode',
  'journal_size_limit',
  'locking_mode',
  'mmap_size',
  'optimize',
  'page_size',
  'shrink_memory',
  'soft_heap_limit',
  'synchronous',
  'temp_store',
  'threads',
  'wal_autocheckpoint',
]);

/** Of those, the ones that SQLite answers with the value that is then in force. */
const ANSWERED = new Set([
  'analysis_limit',
  'busy_timeout',
  'journal_mode',
  'journal_size_limit',
  'locking_mode',
  'mmap_size',
  'soft_heap_limit',
  'threads',
  'wal_autocheckpoint',
]);

export type PragmaUse = 'inspect' | 'connection' | 'write' | 'ignored' | 'refused';

/** What a pragma with this argument (null: without one) does. */
export function pragmaUse(name: string, argument: string | null): PragmaUse {
  const lower = name.toLowerCase();
  if (INSPECTING.has(lower) || (argument === null && READ_ONLY.has(lower))) {
    return 'inspect';
  }
  if (IGNORED.has(lower)) {
    return 'ignored';
  }
  if (CONNECTION.has(lower)) {
    return argument === null ? 'inspect' : 'connection';
  }
  if (WRITING.has(lower)) {
    return argument === null ? 'inspect' : 'write';
  }
  return 'refused';
}

/**
 * A pragma as it is compiled: where the server's files lie is nobody's business, and what only seems to be set is
 * answered with what is in force.
 *
 * @param sql one statement
 */
export function rewritePragma(sql: string): string {
  const [, first = '', next, second = '', ...more] = Array.from(tokens(sql), ({ start, end }) => sql.slice(start, end));
  const isQualified = next === '.';
  const name = (isQualified ? second : first).replaceAll(/["'`[\]]/g, '').toLowerCase();
  const hasArgument = (isQualified ? more[0] : next) !== undefined;
  if (name === 'database_list') {
    return "SELECT seq, name, '' AS file FROM pragma_database_list";
  }
  return hasArgument && ANSWERED.has(name) ? `PRAGMA ${name}` : sql;
}
