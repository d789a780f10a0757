import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useMemo, useRef, useState } from 'react';

import { keyOf, type Table } from '../../data/schema.ts';
import { type Edit, keyText, type RowKey } from '../../lib/edit-plan.ts';
import { formatCount } from '../../lib/format.ts';
import type { Cell } from '../../lib/hrana.ts';
import type { DataSearch } from '../../lib/search.ts';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/failure.tsx';
import { GridRow } from './grid-row.tsx';
import { useBlocks } from './use-blocks.ts';

export interface GridProps {
  readonly org: string;
  readonly database: string;
  readonly table: Table;
  readonly search: DataSearch;
  readonly rowCount: number;
  readonly edits: ReadonlyMap<string, Edit>;
  readonly onSort: (column: string, order: 'asc' | 'desc') => void;
  readonly onEdit: (row: RowKey, column: string, value: Cell) => void;
  readonly onDelete: (row: RowKey) => void;
}

const ROW_PX = 30;
/** Browsers draw no element of more than some 33 million pixels; beyond, there are pages. */
const PAGE_ROWS = 1_000_000;

/** All rows of a table, of which those in sight are read and drawn. */
export function Grid(props: GridProps): ReactNode {
  const { table, search, rowCount, edits } = props;
  const place = useRef<HTMLDivElement>(null);
  const [page, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(rowCount / PAGE_ROWS));
  const first = Math.min(page, pages - 1) * PAGE_ROWS;
  const virtual = useVirtualizer({
    count: Math.min(PAGE_ROWS, rowCount - first),
    getScrollElement: () => place.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    paddingStart: ROW_PX + 2,
  });
  const items = virtual.getVirtualItems();
  const key = useMemo(() => keyOf(table), [table]);
  const blocks = useBlocks(props, key, first + (items[0]?.index ?? 0), first + (items.at(-1)?.index ?? 0));
  const widths = `64px ${table.columns.map(({ type }) => (/int|real|num|bool/i.test(type) ? '120px' : 'minmax(180px, 1fr)')).join(' ')}`;
  const minimum = 64 + table.columns.reduce((sum, { type }) => sum + (/int|real|num|bool/i.test(type) ? 120 : 180), 0);
  return (
    <>
      {blocks.error !== undefined && <Failure error={blocks.error} onRetry={blocks.retry} />}
      <div
        ref={place}
        className="grid"
        role="grid"
        aria-label={`Rows of ${table.name}`}
        aria-rowcount={rowCount + 1}
        aria-colcount={table.columns.length + 1}
        tabIndex={0}
      >
        <div className="grid-space" role="rowgroup" style={{ height: virtual.getTotalSize(), minWidth: minimum }}>
          <div className="grid-row grid-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: widths }}>
            <span role="columnheader" className="grid-number">
              #
            </span>
            {table.columns.map(({ name, type }) => {
              const isSorted = search.sort === name;
              const order = search.order ?? 'asc';
              return (
                <span
                  key={name}
                  role="columnheader"
                  aria-sort={isSorted ? (order === 'desc' ? 'descending' : 'ascending') : 'none'}
                >
                  <button
                    type="button"
                    className="grid-sort"
                    onClick={() => props.onSort(name, isSorted && order === 'asc' ? 'desc' : 'asc')}
                  >
                    {name} <span className="muted">{type.toLowerCase()}</span>
                    {isSorted && <span aria-hidden="true">{order === 'desc' ? ' ↓' : ' ↑'}</span>}
                  </button>
                </span>
              );
            })}
          </div>
          {items.map(({ index, start }) => {
            const cells = blocks.row(first + index);
            const rowKey =
              cells === undefined ? undefined : key.map((column, at) => ({ column, value: cells[at] ?? null }));
            return (
              <GridRow
                key={index}
                table={table}
                index={first + index}
                startPx={start}
                widths={widths}
                cells={cells?.slice(key.length)}
                rowKey={rowKey}
                edit={rowKey === undefined ? undefined : edits.get(keyText(rowKey))}
                onEdit={props.onEdit}
                onDelete={props.onDelete}
              />
            );
          })}
        </div>
      </div>
      {pages > 1 && (
        <div className="row">
          <Button disabled={page === 0} onClick={() => setPage(page - 1)}>
            Before
          </Button>
          <span className="small muted">
            Rows {formatCount(first + 1)} to {formatCount(Math.min(rowCount, first + PAGE_ROWS))}
          </span>
          <Button disabled={page >= pages - 1} onClick={() => setPage(page + 1)}>
            After
          </Button>
        </div>
      )}
    </>
  );
}
