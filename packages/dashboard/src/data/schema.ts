/**
 * What a database has: tables and views with their columns, indexes and foreign keys, as SQLite itself tells it.
 *
 * @module
 */
import { queryOptions } from '@tanstack/react-query';

import type { Cell } from '../lib/hrana.ts';
import type { DatabaseAccess, DatabaseRef } from './database-access.ts';

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly isNotNull: boolean;
  readonly defaultValue: string | null;
  /** Place in the primary key, from 1; 0 for others. */
  readonly keyPlace: number;
  readonly isGenerated: boolean;
}

export interface TableIndex {
  readonly name: string;
  readonly isUnique: boolean;
  readonly columns: readonly string[];
}

export interface ForeignKey {
  readonly from: readonly string[];
  readonly table: string;
  readonly to: readonly string[];
}

export interface Table {
  readonly name: string;
  readonly type: 'table' | 'view' | 'virtual';
  readonly sql: string;
  readonly hasRowid: boolean;
  readonly columns: readonly TableColumn[];
  readonly indexes: readonly TableIndex[];
  readonly foreignKeys: readonly ForeignKey[];
}

const TABLES = `SELECT l.name, l.type, l.wr, s.sql FROM pragma_table_list AS l
  JOIN sqlite_schema AS s ON s.name = l.name AND s.type IN ('table', 'view')
  WHERE l.schema = 'main' AND l.type <> 'shadow' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY l.name`;
const COLUMNS = `SELECT s.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
  FROM sqlite_schema AS s JOIN pragma_table_xinfo(s.name) AS c WHERE s.type IN ('table', 'view') ORDER BY s.name, c.cid`;
const INDEXES = `SELECT s.name, i.name, i."unique", x.name FROM sqlite_schema AS s JOIN pragma_index_list(s.name) AS i
  JOIN pragma_index_info(i.name) AS x WHERE s.type = 'table' ORDER BY s.name, i.name, x.seqno`;
const FOREIGN_KEYS = `SELECT s.name, f.id, f."table", f."from", f."to" FROM sqlite_schema AS s
  JOIN pragma_foreign_key_list(s.name) AS f WHERE s.type = 'table' ORDER BY s.name, f.id, f.seq`;

export const schemaQuery = (access: DatabaseAccess, ref: DatabaseRef) =>
  queryOptions({
    queryKey: ['data', ref.org, ref.name, 'schema'],
    queryFn: async () => await readSchema(access, ref),
  });

async function readSchema(access: DatabaseAccess, ref: DatabaseRef): Promise<Table[]> {
  const rowsOf = async (sql: string) => (await access.query(ref, sql)).rows;
  const [tables, columns, indexes, foreignKeys] = await Promise.all(
    [TABLES, COLUMNS, INDEXES, FOREIGN_KEYS].map(rowsOf),
  );
  const columnsOf = Map.groupBy(columns ?? [], ([table]) => text(table));
  const indexesOf = Map.groupBy(indexes ?? [], ([table]) => text(table));
  const keysOf = Map.groupBy(foreignKeys ?? [], ([table]) => text(table));
  return (tables ?? []).map(([name, type, withoutRowid, sql]) => ({
    name: text(name),
    type: type === 'view' || type === 'virtual' ? type : 'table',
    sql: text(sql),
    hasRowid: type === 'table' && withoutRowid === 0n,
    columns: (columnsOf.get(text(name)) ?? []).filter(([, , , , , , hidden]) => hidden !== 1n).map(readColumn),
    indexes: gathered(indexesOf.get(text(name)) ?? []).map((rows) => ({
      name: text(rows[0]?.[1]),
      isUnique: rows[0]?.[2] === 1n,
      columns: rows.map((row) => text(row[3]) || 'expression'),
    })),
    foreignKeys: gathered(keysOf.get(text(name)) ?? []).map((rows) => ({
      table: text(rows[0]?.[2]),
      from: rows.map((row) => text(row[3])),
      to: rows.map((row) => text(row[4])),
    })),
  }));
}

function readColumn([, name, type, notNull, defaultValue, key, hidden]: readonly Cell[]): TableColumn {
  return {
    name: text(name),
    type: text(type),
    isNotNull: notNull === 1n,
    defaultValue: defaultValue === null ? null : text(defaultValue),
    keyPlace: Number(key),
    isGenerated: hidden === 2n || hidden === 3n,
  };
}

/** Rows of one index or key follow each other; the second column tells them apart. */
function gathered(rows: readonly (readonly Cell[])[]): (readonly Cell[])[][] {
  return [...Map.groupBy(rows, ([, id]) => String(id as bigint | string)).values()];
}

function text(cell: Cell | undefined): string {
  return typeof cell === 'string' ? cell : '';
}

/** Columns that tell one row of a table from all others; none for views and virtual tables, which are only read. */
export function keyOf(table: Table): string[] {
  if (table.hasRowid) {
    // A column may take one of the rowid's three names for itself.
    const names = new Set(table.columns.map(({ name }) => name.toLowerCase()));
    const free = ['rowid', '_rowid_', 'oid'].find((name) => !names.has(name));
    if (free !== undefined) {
      return [free];
    }
  }
  return table.columns
    .filter(({ keyPlace }) => keyPlace > 0)
    .toSorted((a, b) => a.keyPlace - b.keyPlace)
    .map(({ name }) => name);
}
