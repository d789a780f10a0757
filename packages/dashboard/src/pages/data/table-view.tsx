import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { messageOf } from '../../data/query-client.ts';
import { keyOf, type Table } from '../../data/schema.ts';
import { type Edit, keyText, planEdits, type RowKey } from '../../lib/edit-plan.ts';
import { formatCount } from '../../lib/format.ts';
import type { Cell } from '../../lib/hrana.ts';
import type { DataSearch } from '../../lib/search.ts';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/failure.tsx';
import { ChangePreview } from './change-preview.tsx';
import { ExportMenu } from './export-menu.tsx';
import { FilterBar } from './filter-bar.tsx';
import { Grid } from './grid.tsx';
import { ImportCsv } from './import-csv.tsx';
import { InsertRow } from './insert-row.tsx';
import { useRowCount } from './row-count.ts';

interface TableViewProps {
  readonly org: string;
  readonly database: string;
  readonly table: Table;
}

/** The rows of one table: filters, the grid, and what was changed in it and not yet written. */
export function TableView({ org, database, table }: TableViewProps): ReactNode {
  const { databases, toasts } = useApp();
  const queryClient = useQueryClient();
  const search = useSearch({ from: '/signed-in/o/$org/databases/$database/data' });
  const navigate = useNavigate({ from: '/o/$org/databases/$database/data' });
  const filters = search.filters ?? [];
  const count = useRowCount({ org, database, table: table.name, filters });
  const [edits, setEdits] = useState<ReadonlyMap<string, Edit>>(new Map());
  const [open, setOpen] = useState<'insert' | 'import'>();
  const [failure, setFailure] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const key = keyOf(table);
  const plan = planEdits(table.name, [...edits.values()]);

  const change = (changes: Partial<Record<keyof DataSearch, unknown>>): void => {
    void navigate({ search: (before) => ({ ...before, table: table.name, ...changes }) as DataSearch, replace: true });
  };
  const keep = (name: string, edit: Edit | undefined): void => {
    const next = new Map(edits);
    if (edit === undefined) {
      next.delete(name);
    } else {
      next.set(name, edit);
    }
    setFailure(undefined);
    setEdits(next);
  };
  const editCell = (row: RowKey, column: string, value: Cell): void => {
    const before = edits.get(keyText(row));
    const changes = new Map(before?.kind === 'update' ? before.changes : []);
    keep(keyText(row), { kind: 'update', key: row, changes: changes.set(column, value) });
  };
  const refresh = async (): Promise<void> => {
    await queryClient.invalidateQueries({ queryKey: ['data', org, database] });
  };
  const commit = async (): Promise<void> => {
    setIsBusy(true);
    setFailure(undefined);
    try {
      const results = await databases.transaction({ org, name: database }, plan);
      setEdits(new Map());
      toasts.done(`Committed: ${formatCount(results.reduce((sum, result) => sum + result.affectedRows, 0))} rows.`);
      await refresh();
    } catch (error) {
      setFailure(messageOf(error));
    }
    setIsBusy(false);
  };

  return (
    <div className="table-view">
      <div className="row row-apart">
        <FilterBar table={table} filters={filters} onChange={(next) => change({ filters: next })} />
        <div className="row">
          <span className="small muted" role="status">
            {count.data === undefined ? '' : `${formatCount(count.data)} rows`}
          </span>
          <Button kind="quiet" icon="refresh" onClick={() => void refresh()}>
            Refresh
          </Button>
          {key.length > 0 && (
            <>
              <Button icon="plus" onClick={() => setOpen('insert')}>
                Row
              </Button>
              <Button icon="upload" onClick={() => setOpen('import')}>
                Import CSV
              </Button>
            </>
          )}
          <ExportMenu org={org} database={database} table={table} search={search} rowCount={count.data ?? 0} />
        </div>
      </div>
      {count.error !== null && <Failure error={count.error} onRetry={() => void count.refetch()} />}
      <Grid
        org={org}
        database={database}
        table={table}
        search={search}
        rowCount={count.data ?? 0}
        edits={edits}
        onSort={(sort, order) => change({ sort, order: order === 'desc' ? 'desc' : undefined })}
        onEdit={editCell}
        onDelete={(row) =>
          keep(keyText(row), edits.get(keyText(row))?.kind === 'delete' ? undefined : { kind: 'delete', key: row })
        }
      />
      {plan.length > 0 && (
        <ChangePreview
          plan={plan}
          failure={failure}
          isBusy={isBusy}
          onCommit={() => void commit()}
          onDiscard={() => {
            setFailure(undefined);
            setEdits(new Map());
          }}
        />
      )}
      {open === 'insert' && (
        <InsertRow
          table={table}
          onInsert={(values) => keep(`new ${edits.size}`, { kind: 'insert', values })}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === 'import' && (
        <ImportCsv
          org={org}
          database={database}
          table={table}
          onDone={() => void refresh()}
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}
