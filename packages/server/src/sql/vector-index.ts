/**
 * libSQL's index of vectors: `CREATE INDEX i ON t (libsql_vector_idx(column, 'metric=cosine', …))` makes an ordinary index
 * of SQLite that holds nothing of the vectors; it says which column `vector_top_k` is to search, and how.
 *
 * @module
 */
import type { DatabaseSync } from 'node:sqlite';

import { vectorError } from './functions/vector-error.ts';
import { VECTOR_TYPE } from './functions/vector.ts';
import type { VectorType } from './functions/vector.ts';
import { quoteName } from './literal.ts';
import { piecesOf, readCall, textOf } from './pieces.ts';
import type { Piece } from './pieces.ts';

export const INDEX_FUNCTION = 'libsql_vector_idx';
/** How a column of vectors is declared. */
const COLUMN_TYPE =
  /^\s*(F64_BLOB|FLOAT64|F32_BLOB|FLOAT32|F16_BLOB|FLOAT16|FB16_BLOB|FLOATB16|F8_BLOB|FLOAT8|F1BIT_BLOB|FLOAT1BIT)\s*\(\s*(\d+)\s*\)\s*$/i;
const TYPES: Readonly<Record<string, VectorType>> = {
  F64_BLOB: VECTOR_TYPE.float64,
  FLOAT64: VECTOR_TYPE.float64,
  F32_BLOB: VECTOR_TYPE.float32,
  FLOAT32: VECTOR_TYPE.float32,
  F16_BLOB: VECTOR_TYPE.float16,
  FLOAT16: VECTOR_TYPE.float16,
  FB16_BLOB: VECTOR_TYPE.floatb16,
  FLOATB16: VECTOR_TYPE.floatb16,
  F8_BLOB: VECTOR_TYPE.float8,
  FLOAT8: VECTOR_TYPE.float8,
  F1BIT_BLOB: VECTOR_TYPE.float1bit,
  FLOAT1BIT: VECTOR_TYPE.float1bit,
};
/** What libSQL's own index can be told; only the metric means something to an exact search. */
const OPTION =
  /^(?:type=diskann|metric=(?:cosine|cos|l2)|compress_neighbors=(?:float1bit|float8|float16|floatb16|float32|float64)|max_neighbors=\d+|alpha=[\d.]+|search_l=\d+|insert_l=\d+)$/i;

interface IndexText {
  readonly table: string;
  readonly column: string;
  readonly options: readonly string[];
  /** The WHERE of a partial index, with a space before it. */
  readonly where: string;
}

/** Undefined when the statement does not make an index of vectors. */
function readIndex(sql: string, list: readonly Piece[]): IndexText | undefined {
  const at = list.findIndex(({ name, kind }) => kind !== 'string' && name.toLowerCase() === INDEX_FUNCTION);
  const call = list[at + 1]?.text === '(' ? readCall(list, at + 1) : undefined;
  const isAlone = list[at - 1]?.text === '(' && list[at - 3]?.word === 'ON';
  if (at === -1 || list[0]?.word !== 'CREATE' || list[1]?.word !== 'INDEX' || call === undefined) {
    return undefined;
  }
  if (!isAlone || list[call.end]?.text !== ')') {
    throw vectorError('vector index: must contain exactly one column wrapped into the libsql_vector_idx function');
  }
  const [column, ...options] = call.parameters.map(({ from, to }) =>
    to === from + 1 ? (list[from]?.name ?? '') : textOf(sql, list.slice(from, to)),
  );
  const rest = list.slice(call.end + 1);
  return {
    table: list[at - 2]?.name ?? '',
    column: column ?? '',
    options,
    where: rest.length === 0 ? '' : ` ${textOf(sql, rest)}`,
  };
}

export interface IndexShape {
  readonly table: string;
  readonly column: string;
  readonly metric: 'cosine' | 'l2';
  readonly type: VectorType;
  readonly dimensions: number;
  /** What `vector_top_k` answers with: the rowid, or the primary key of a table without one. */
  readonly key: string;
  readonly where: string;
}

/** @throws {SqlError} when there is no such index */
export function findIndex(db: DatabaseSync, name: string): IndexShape {
  const select = db.prepare("SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND name = ? COLLATE NOCASE");
  select.setReturnArrays(true);
  const row = select.get(name.replace(/^main\./i, '')) as unknown as [string | null] | undefined;
  select.close();
  const sql = row?.[0] ?? '';
  const text = readIndex(sql, piecesOf(sql));
  if (text === undefined) {
    throw vectorError('vector index(search): failed to parse vector index parameters');
  }
  return shapeOf(db, text);
}

/** @throws {SqlError} when libSQL would refuse such an index; SQLite finds everything else wrong with it */
export function checkIndex(db: DatabaseSync, sql: string, list: readonly Piece[]): void {
  const text = readIndex(sql, list);
  if (text !== undefined && hasTable(db, text.table)) {
    shapeOf(db, text);
  }
}

function hasTable(db: DatabaseSync, table: string): boolean {
  return tableColumns(db, table).length > 0;
}

function shapeOf(db: DatabaseSync, { table, column, options, where }: IndexText): IndexShape {
  for (const option of options) {
    if (!OPTION.test(option)) {
      throw vectorError(`vector index: invalid vector index parameter '${option}': invalid parameter`);
    }
  }
  const columns = tableColumns(db, table);
  const declared = columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
  const [, typeName = '', dimensions = ''] = COLUMN_TYPE.exec(declared?.type ?? '') ?? [];
  const type = TYPES[typeName.toUpperCase()];
  if (type === undefined) {
    throw vectorError(`vector index: unexpected vector column type: ${declared?.type ?? column}`);
  }
  const metric = options.some((option) => /^metric=l2$/i.test(option)) ? 'l2' : 'cosine';
  return { table, column, metric, type, dimensions: Number(dimensions), key: keyOf(db, table, columns), where };
}

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly isKey: boolean;
}

function tableColumns(db: DatabaseSync, table: string): readonly ColumnInfo[] {
  const select = db.prepare('SELECT name, type, pk FROM pragma_table_xinfo(?)');
  select.setReturnArrays(true);
  const rows = select.all(table) as unknown as [string, string, number | bigint][];
  select.close();
  return rows.map(([name, type, place]) => ({ name, type, isKey: Number(place) > 0 }));
}

function keyOf(db: DatabaseSync, table: string, columns: readonly ColumnInfo[]): string {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  const rowid = ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name));
  if (rowid !== undefined && compiles(db, `SELECT ${rowid} FROM ${quoteName(table)}`)) {
    return rowid;
  }
  const [key, ...more] = columns.filter(({ isKey }) => isKey);
  if (key === undefined || more.length > 0) {
    throw vectorError('vector index: table without ROWID must have a primary key of one column');
  }
  return quoteName(key.name);
}

function compiles(db: DatabaseSync, sql: string): boolean {
  try {
    db.prepare(sql).close();
    return true;
  } catch {
    return false;
  }
}
