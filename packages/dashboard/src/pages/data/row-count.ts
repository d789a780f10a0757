import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { useApp } from '../../app-context.ts';
import type { Filter } from '../../lib/search.ts';
import { countRows } from '../../lib/sql-text.ts';

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
