import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { useApp } from '../../app-context.ts';
import type { Table } from '../../data/schema.ts';
import type { Filter } from '../../lib/search.ts';
import { countRows, quoteName } from '../../lib/sql-text.ts';

export interface RowCountOf {
  readonly org: string;
  readonly database: string;
  readonly table: string;
  readonly filters: readonly Filter[];
}

/** Counting reads the whole table, so a count is kept for a while. */
const COUNT_FRESH_MS = 60_000;

export function useRowCount({ org, database, table, filters }: RowCountOf) {
  const { databases } = useApp();
  return useQuery({
    queryKey: ['data', org, database, 'count', table, filters],
    queryFn: async ({ signal }) => {
      const { sql, args } = countRows({ table, filters });
      const { rows } = await databases.query({ org, name: database }, sql, args, signal);
      return Number(rows[0]?.[0] ?? 0);
    },
    staleTime: COUNT_FRESH_MS,
    placeholderData: keepPreviousData,
  });
}

/** How many rows each table has, in one statement; nothing for views and virtual tables, which may be slow to count. */
export function useTableCounts(org: string, database: string, tables: readonly Table[]) {
  const { databases } = useApp();
  const counted = tables.filter(({ type }) => type === 'table').map(({ name }) => name);
  return useQuery({
    queryKey: ['data', org, database, 'counts', counted],
    queryFn: async ({ signal }) => {
      const counts = counted.map((name) => `(SELECT count(*) FROM ${quoteName(name)})`);
      const { rows } = await databases.query({ org, name: database }, `SELECT ${counts.join(', ')}`, [], signal);
      return new Map(counted.map((name, index) => [name, Number(rows[0]?.[index] ?? 0)]));
    },
    // SQLite returns at most 2,000 columns.
    enabled: counted.length > 0 && counted.length <= 2000,
    staleTime: COUNT_FRESH_MS,
  });
}
