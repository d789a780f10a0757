/**
 * The pragmas that a client may use; every other one is refused. The lists are sqld's (`query_analysis.rs`), see
 * docs/sql.md for the few that we add and why.
 *
 * @module
 */

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

export type PragmaUse = 'inspect' | 'connection' | 'write' | 'refused';

/** What a pragma with this argument (null: without one) does. */
export function pragmaUse(name: string, argument: string | null): PragmaUse {
  const lower = name.toLowerCase();
  if (INSPECTING.has(lower) || (argument === null && READ_ONLY.has(lower))) {
    return 'inspect';
  }
  if (CONNECTION.has(lower)) {
    return argument === null ? 'inspect' : 'connection';
  }
  if (WRITING.has(lower)) {
    return argument === null ? 'inspect' : 'write';
  }
  return 'refused';
}
