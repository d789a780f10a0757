import './cell.css';
import type { ReactNode } from 'react';

import type { Cell } from '../lib/hrana.ts';
import { hexOf } from '../lib/sql-text.ts';

/** What of a value is shown in one line. */
const SHOWN_CHARACTERS = 300;

export function CellView({ cell }: { readonly cell: Cell }): ReactNode {
  if (cell === null) {
    return <span className="cell-null">NULL</span>;
  }
  if (cell instanceof Uint8Array) {
    return (
      <span className="cell-blob" title={`${cell.length} bytes`}>
        {hexOf(cell.subarray(0, 32))}
        {cell.length > 32 && '…'}
      </span>
    );
  }
  return typeof cell === 'string' ? cell.slice(0, SHOWN_CHARACTERS) : String(cell);
}
