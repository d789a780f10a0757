/**
 * Rows as text to take away: CSV (RFC 4180) and JSON.
 *
 * @module
 */
import type { Cell } from './hrana.ts';
import { hexOf } from './sql-text.ts';

export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map((cell) => csvField(cell)).join(',')}\r\n`;
}

/** NULL is nothing, an empty text is a pair of quotes: who reads it can tell them apart. */
function csvField(cell: Cell): string {
  if (cell === null) {
    return '';
  }
  const text = cell instanceof Uint8Array ? hexOf(cell) : String(cell);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Integers beyond what JSON's readers keep exact are text; blobs are hexadecimal. */
export function jsonRow(columns: readonly string[], cells: readonly Cell[]): string {
  return JSON.stringify(Object.fromEntries(columns.map((name, index) => [name, jsonValue(cells[index] ?? null)])));
}

function jsonValue(cell: Cell): string | number | null {
  if (typeof cell === 'bigint') {
    return Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell);
  }
  return cell instanceof Uint8Array ? hexOf(cell) : cell;
}
