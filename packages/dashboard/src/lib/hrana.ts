/**
 * SQL over HTTP as libSQL's clients speak it (Hrana 3, JSON), as far as the page needs it. Integers stay exact: they
 * come as text and become bigint.
 *
 * @module
 */
export type Cell = null | string | number | bigint | Uint8Array;

export interface Column {
  readonly name: string;
  readonly declaredType: string | null;
}

export interface StatementResult {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly affectedRows: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** In the server, without the way there and back. */
  readonly durationMs: number;
}

/** SQLite, or the server in its place, refused a statement. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

export interface WireValue {
  readonly type: string;
  readonly value?: string | number;
  readonly base64?: string;
}

export interface WireResult {
  readonly cols: readonly { readonly name: string | null; readonly decltype?: string | null }[];
  readonly rows: readonly (readonly WireValue[])[];
  readonly affected_row_count: number;
  readonly rows_read?: number;
  readonly rows_written?: number;
  readonly query_duration_ms?: number;
}

export function encodeCell(cell: Cell): WireValue {
  if (cell === null) {
    return { type: 'null' };
  }
  if (typeof cell === 'bigint') {
    return { type: 'integer', value: String(cell) };
  }
  if (typeof cell === 'number') {
    return { type: 'float', value: cell };
  }
  return typeof cell === 'string' ? { type: 'text', value: cell } : { type: 'blob', base64: toBase64(cell) };
}

function decodeCell({ type, value, base64 }: WireValue): Cell {
  switch (type) {
    case 'integer':
      return BigInt(value ?? 0);
    case 'float':
      return Number(value);
    case 'text':
      return String(value);
    case 'blob':
      return Uint8Array.from(atob(base64 ?? ''), (character) => character.charCodeAt(0));
    default:
      return null;
  }
}

export function decodeResult(result: WireResult): StatementResult {
  return {
    columns: result.cols.map(({ name, decltype }) => ({ name: name ?? '', declaredType: decltype ?? null })),
    rows: result.rows.map((row) => row.map(decodeCell)),
    affectedRows: result.affected_row_count,
    rowsRead: result.rows_read ?? 0,
    rowsWritten: result.rows_written ?? 0,
    durationMs: result.query_duration_ms ?? 0,
  };
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    text += String.fromCharCode(byte);
  }
  return btoa(text);
}
