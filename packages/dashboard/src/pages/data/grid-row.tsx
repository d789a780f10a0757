import { type KeyboardEvent, memo, type ReactNode, useState } from 'react';

import type { Table } from '../../data/schema.ts';
import type { Edit, RowKey } from '../../lib/edit-plan.ts';
import { formatCount } from '../../lib/format.ts';
import type { Cell } from '../../lib/hrana.ts';
import { numberOr } from '../../lib/sql-text.ts';
import { CellView } from '../../ui/cell.tsx';

export interface GridRowProps {
  readonly table: Table;
  readonly index: number;
  readonly startPx: number;
  readonly widths: string;
  readonly cells: readonly Cell[] | undefined;
  readonly rowKey: RowKey | undefined;
  readonly edit: Edit | undefined;
  readonly onEdit: (row: RowKey, column: string, value: Cell) => void;
  readonly onDelete: (row: RowKey) => void;
}

/** One row. Enter, or a double click, edits a cell; its number marks the row for deletion. */
export const GridRow = memo(function GridRow(props: GridRowProps): ReactNode {
  const { table, index, startPx, widths, cells, rowKey, edit, onEdit, onDelete } = props;
  const [editing, setEditing] = useState<string>();
  const isEditable = rowKey !== undefined && rowKey.length > 0;
  return (
    <div
      className={`grid-row ${edit?.kind === 'delete' ? 'grid-deleted' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${startPx}px)`, gridTemplateColumns: widths }}
    >
      <span role="rowheader" className="grid-number">
        {isEditable ? (
          <button
            type="button"
            title={edit?.kind === 'delete' ? 'Keep this row' : 'Delete this row'}
            aria-label={`${edit?.kind === 'delete' ? 'Keep' : 'Delete'} row ${index + 1}`}
            onClick={() => onDelete(rowKey)}
          >
            {formatCount(index + 1)}
          </button>
        ) : (
          formatCount(index + 1)
        )}
      </span>
      {table.columns.map((column, at) => {
        const { name } = column;
        const isChanged = edit?.kind === 'update' && edit.changes.has(name);
        const cell = isChanged ? edit.changes.get(name) : cells?.[at];
        const mayEdit = isEditable && !column.isGenerated && !(cell instanceof Uint8Array) && edit?.kind !== 'delete';
        if (editing === name && mayEdit) {
          return (
            <span key={name} role="gridcell">
              <CellEditor
                label={`${name}, row ${index + 1}`}
                cell={cell ?? null}
                isText={/char|text|clob/i.test(column.type)}
                onDone={(value) => {
                  setEditing(undefined);
                  if (value !== undefined) {
                    onEdit(rowKey, name, value);
                  }
                }}
              />
            </span>
          );
        }
        return (
          <span
            key={name}
            role="gridcell"
            tabIndex={-1}
            className={
              isChanged ? 'grid-changed' : typeof cell === 'bigint' || typeof cell === 'number' ? 'grid-numeric' : ''
            }
            onDoubleClick={() => mayEdit && setEditing(name)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && mayEdit) {
                setEditing(name);
              }
            }}
          >
            {cell === undefined ? '' : <CellView cell={cell} />}
          </span>
        );
      })}
    </div>
  );
});

interface CellEditorProps {
  readonly label: string;
  readonly cell: Cell;
  readonly isText: boolean;
  /** Undefined: nothing is changed. */
  readonly onDone: (value: Cell | undefined) => void;
}

/** Enter takes what was typed, Escape leaves all as it was; an empty value is NULL with Ctrl+0. */
function CellEditor({ label, cell, isText, onDone }: CellEditorProps): ReactNode {
  const before = cell === null ? '' : String(cell);
  const [text, setText] = useState(before);
  const take = (): void => {
    onDone(text === before ? undefined : isText ? text : numberOr(text));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      take();
    } else if (event.key === 'Escape') {
      onDone(undefined);
    } else if (event.key === '0' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onDone(null);
    }
    event.stopPropagation();
  };
  return (
    <span className="cell-editor">
      <input
        autoFocus
        aria-label={label}
        title="Enter keeps, Escape leaves, Ctrl+0 sets NULL"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={take}
      />
      <button type="button" title="Set NULL (Ctrl+0)" onPointerDown={() => onDone(null)}>
        NULL
      </button>
    </span>
  );
}
