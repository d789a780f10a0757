/**
 * Rows in blocks: what is in sight is read, what flies by while somebody scrolls is not.
 *
 * @module
 */
import { useQueries } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { useApp } from '../../app-context.ts';
import type { Table } from '../../data/schema.ts';
import type { Cell } from '../../lib/hrana.ts';
import type { DataSearch } from '../../lib/search.ts';
import { selectRows } from '../../lib/sql-text.ts';

const BLOCK_ROWS = 100;
/** Shorter than a person notices, longer than the steps of a scroll. */
const SETTLE_MS = 70;

export interface BlocksOf {
  readonly org: string;
  readonly database: string;
  readonly table: Table;
  readonly search: DataSearch;
  readonly rowCount: number;
}

export interface Blocks {
  /** The key's values, then the columns'; undefined until it was read. */
  readonly row: (index: number) => readonly Cell[] | undefined;
  readonly error: unknown;
  readonly retry: () => void;
}

export function useBlocks(of: BlocksOf, key: readonly string[], fromRow: number, toRow: number): Blocks {
  const { databases } = useApp();
  const { org, database, table, search, rowCount } = of;
  const range = useSettled(`${Math.floor(fromRow / BLOCK_ROWS)} ${Math.floor(toRow / BLOCK_ROWS)}`);
  const [first = 0, last = 0] = range.split(' ').map(Number);
  const filters = search.filters ?? [];
  const numbers = rowCount === 0 ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const queries = useQueries({
    queries: numbers.map((number) => ({
      queryKey: ['data', org, database, 'rows', table.name, search.sort, search.order, filters, number],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const request = {
          table: table.name,
          key,
          columns: table.columns.map(({ name }) => name),
          sort: search.sort,
          order: search.order,
          filters,
        };
        const { sql, args } = selectRows(request, BLOCK_ROWS, number * BLOCK_ROWS);
        return (await databases.query({ org, name: database }, sql, args, signal)).rows;
      },
      staleTime: 30_000,
      gcTime: 30_000,
    })),
  });
  const failed = queries.find(({ error }) => error !== null);
  return {
    row: (index) => queries[Math.floor(index / BLOCK_ROWS) - first]?.data?.[index % BLOCK_ROWS],
    error: failed?.error ?? undefined,
    retry: () => void failed?.refetch(),
  };
}

/** The value, once it has not changed for a moment; at once when it is the first. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
