import { parse } from 'csv-parse/browser/esm/sync';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { SqlStream } from '../../data/database-access.ts';
import { messageOf } from '../../data/query-client.ts';
import type { Table } from '../../data/schema.ts';
import { planEdits } from '../../lib/edit-plan.ts';
import { formatCount, plural } from '../../lib/format.ts';
import type { Cell } from '../../lib/hrana.ts';
import { numberOr } from '../../lib/sql-text.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Failure } from '../../ui/failure.tsx';

export interface ImportCsvProps {
  readonly org: string;
  readonly database: string;
  readonly table: Table;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Statements of one request, few enough that the transaction moves on while the progress shows. */
const ROWS_AT_ONCE = 200;

interface Content {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Rows of a CSV file, its first line the columns' names, into a table: all of them or none. */
export function ImportCsv({ org, database, table, onDone, onClose }: ImportCsvProps): ReactNode {
  const { databases, toasts } = useApp();
  const [content, setContent] = useState<Content>();
  const [done, setDone] = useState<number>();
  const [failure, setFailure] = useState<string>();
  const known = new Map(table.columns.map((column) => [column.name.toLowerCase(), column]));
  const unknown = content?.columns.filter((name) => !known.has(name.toLowerCase())) ?? [];

  const read = async (file: File | undefined): Promise<void> => {
    setFailure(undefined);
    setContent(undefined);
    try {
      const [columns, ...rows] = parse(await (file?.text() ?? ''), { bom: true });
      if (columns === undefined) {
        throw new Error('The file is empty.');
      }
      setContent({ columns, rows });
    } catch (error) {
      setFailure(messageOf(error));
    }
  };
  const load = async ({ columns, rows }: Content): Promise<void> => {
    setFailure(undefined);
    setDone(0);
    try {
      using stream = new SqlStream(databases, { org, name: database });
      await stream.execute({ sql: 'BEGIN IMMEDIATE' });
      for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
        const edits = rows.slice(start, start + ROWS_AT_ONCE).map((row) => ({
          kind: 'insert' as const,
          values: new Map<string, Cell>(
            columns.map((name, at) => {
              const text = row[at] ?? '';
              const isText = /char|text|clob/i.test(known.get(name.toLowerCase())?.type ?? '');
              return [name, text === '' ? null : isText ? text : numberOr(text)];
            }),
          ),
        }));
        await stream.executeAll(planEdits(table.name, edits));
        setDone(start + edits.length);
      }
      await stream.execute({ sql: 'COMMIT' }, { isLast: true });
      toasts.done(`${plural(rows.length, 'row')} imported into ${table.name}.`);
      onDone();
      onClose();
    } catch (error) {
      setFailure(`Nothing was imported: ${messageOf(error)}`);
      setDone(undefined);
    }
  };

  return (
    <Dialog title={`Import a CSV file into ${table.name}`} onClose={onClose}>
      <div className="stack-tight">
        <p className="small muted">
          The first line names the columns. Empty fields become NULL. One row that does not fit, and none is imported.
        </p>
        <input
          type="file"
          accept=".csv,text/csv"
          aria-label="CSV file"
          onChange={(event) => void read(event.target.files?.[0])}
        />
        {content !== undefined && (
          <p className="small">
            {plural(content.rows.length, 'row')}, columns {content.columns.join(', ')}
          </p>
        )}
        {unknown.length > 0 && <Failure error={new Error(`The table has no column ${unknown.join(', ')}.`)} />}
        {failure !== undefined && <Failure error={new Error(failure)} />}
        {done !== undefined && content !== undefined && (
          <div role="status">
            <progress max={content.rows.length} value={done} aria-label="Imported" />{' '}
            <span className="small">{formatCount(done)} rows</span>
          </div>
        )}
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            isBusy={done !== undefined}
            disabled={content === undefined || unknown.length > 0}
            onClick={() => content !== undefined && void load(content)}
          >
            Import
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
