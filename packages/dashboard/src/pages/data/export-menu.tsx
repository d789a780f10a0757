import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { messageOf } from '../../data/query-client.ts';
import { keyOf, type Table } from '../../data/schema.ts';
import { csvLine, jsonRow } from '../../lib/csv.ts';
import { download } from '../../lib/download.ts';
import { formatBytes, formatCount } from '../../lib/format.ts';
import type { DataSearch } from '../../lib/search.ts';
import { selectRows } from '../../lib/sql-text.ts';
import { Icon } from '../../ui/icons.tsx';
import { Menu } from '../../ui/menu.tsx';

export interface ExportMenuProps {
  readonly org: string;
  readonly database: string;
  readonly table: Table;
  readonly search: DataSearch;
  readonly rowCount: number;
}

const ROWS_AT_ONCE = 5000;

/** The rows as filtered and sorted, or the whole database as SQL, as a file. */
export function ExportMenu({ org, database, table, search, rowCount }: ExportMenuProps): ReactNode {
  const { databases, toasts } = useApp();
  const [progress, setProgress] = useState<string>();
  const ref = { org, name: database };
  const columns = table.columns.map(({ name }) => name);
  const exportRows = async (format: 'csv' | 'json'): Promise<void> => {
    const parts: string[] = format === 'csv' ? [csvLine(columns)] : [];
    const request = {
      table: table.name,
      key: keyOf(table),
      columns,
      filters: search.filters ?? [],
      sort: search.sort,
      order: search.order,
    };
    for (let done = 0; done < rowCount; done += ROWS_AT_ONCE) {
      setProgress(`${formatCount(done)} of ${formatCount(rowCount)} rows`);
      const { sql, args } = selectRows(request, ROWS_AT_ONCE, done);
      const { rows } = await databases.query(ref, sql, args);
      const cells = rows.map((row) => row.slice(request.key.length));
      parts.push(
        format === 'csv' ? cells.map(csvLine).join('') : cells.map((row) => jsonRow(columns, row)).join(',\n'),
      );
    }
    const text = format === 'csv' ? parts : ['[', parts.join(',\n'), ']\n'];
    download(`${table.name}.${format}`, text, format === 'csv' ? 'text/csv' : 'application/json');
  };
  const exportDump = async (): Promise<void> => {
    const response = await databases.fetch(ref, '/dump');
    if (!response.ok || response.body === null) {
      throw new Error(`The dump failed with status ${response.status}.`);
    }
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const part of response.body) {
      parts.push(part);
      size += part.length;
      setProgress(formatBytes(size));
    }
    download(`${database}.sql`, parts, 'application/sql');
  };
  const run = (work: () => Promise<void>): void => {
    setProgress('…');
    work()
      .catch((error: unknown) => toasts.failed(messageOf(error)))
      .finally(() => setProgress(undefined));
  };
  return (
    <Menu
      label="Export"
      side="end"
      triggerClassName="button"
      trigger={
        <>
          <Icon name="download" /> {progress ?? 'Export'}
        </>
      }
    >
      <button type="button" role="menuitem" onClick={() => run(async () => await exportRows('csv'))}>
        These rows as CSV
      </button>
      <button type="button" role="menuitem" onClick={() => run(async () => await exportRows('json'))}>
        These rows as JSON
      </button>
      <hr />
      <button type="button" role="menuitem" onClick={() => run(exportDump)}>
        The whole database as SQL
      </button>
    </Menu>
  );
}
