/**
 * Values of a database for people and for JSON.
 *
 * @module
 */
import type { Value } from '@libsql/hrana-client';

import { table } from '../output/table.ts';
import type { SqlResult } from './session.ts';

type JsonValue = string | number | null | { readonly base64: string };

export interface JsonResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly JsonValue[])[];
  readonly rowsAffected: number;
}

/** Integers that JSON's readers would round become text. */
export function toJson({ columns, rows, rowsAffected }: SqlResult): JsonResult {
  return { columns, rows: rows.map((row) => row.map(jsonValue)), rowsAffected };
}

export function toTable({ columns, rows, rowsAffected }: JsonResult): string {
  if (columns.length === 0) {
    return rowsAffected === 0 ? '' : `${rowsAffected} ${rowsAffected === 1 ? 'row' : 'rows'} changed.\n`;
  }
  return table(
    columns,
    rows.map((row) => row.map(shown)),
    'No rows.',
  );
}

function jsonValue(value: Value): JsonValue {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  return value instanceof ArrayBuffer ? { base64: Buffer.from(value).toString('base64') } : value;
}

function shown(value: JsonValue): string {
  if (value === null) {
    return 'NULL';
  }
  if (typeof value === 'object') {
    return `x'${Buffer.from(value.base64, 'base64').toString('hex')}'`;
  }
  // A line break or a control character (one that moves the cursor, say) would spoil the table.
  return String(value).replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}
