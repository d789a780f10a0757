/**
 * SQL that the page writes itself: names and values quoted, so that nothing in a table's name or cell is read as SQL.
 *
 * @module
 */
import type { Cell } from './hrana.ts';
import type { Filter } from './search.ts';

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A value as SQL text, for people to read; statements that run carry values as arguments. */
export function quoteValue(cell: Cell): string {
  if (cell === null) {
    return 'NULL';
  }
  if (typeof cell === 'string') {
    return `'${cell.replaceAll("'", "''")}'`;
  }
  return cell instanceof Uint8Array ? `X'${hexOf(cell)}'` : String(cell);
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export interface RowsRequest {
  readonly table: string;
  /** Selected before the columns: what tells one row from all others. */
  readonly key: readonly string[];
  readonly columns: readonly string[];
  readonly sort?: string | undefined;
  readonly order?: 'asc' | 'desc' | undefined;
  readonly filters: readonly Filter[];
}

export interface SqlText {
  readonly sql: string;
  readonly args: readonly Cell[];
}

export function selectRows(request: RowsRequest, limit: number, offset: number): SqlText {
  const { sql, args } = whereOf(request.filters);
  const selected = [...request.key, ...request.columns].map(quoteName).join(', ');
  // The key makes the order total: pages neither repeat nor skip a row.
  const order = [
    ...(request.sort === undefined ? [] : [`${quoteName(request.sort)} ${request.order === 'desc' ? 'DESC' : 'ASC'}`]),
    ...request.key.filter((name) => name !== request.sort).map(quoteName),
  ];
  return {
    sql:
      `SELECT ${selected} FROM ${quoteName(request.table)}${sql}` +
      `${order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`} LIMIT ${limit} OFFSET ${offset}`,
    args,
  };
}

export function countRows({ table, filters }: Pick<RowsRequest, 'table' | 'filters'>): SqlText {
  const { sql, args } = whereOf(filters);
  return { sql: `SELECT count(*) FROM ${quoteName(table)}${sql}`, args };
}

function whereOf(filters: readonly Filter[]): SqlText {
  const parts = filters.map(({ column, operator, value }): SqlText => {
    const name = quoteName(column);
    if (operator === 'is null' || operator === 'is not null') {
      return { sql: `${name} ${operator.toUpperCase()}`, args: [] };
    }
    if (operator === 'contains') {
      return { sql: `${name} LIKE ? ESCAPE '\\'`, args: [`%${value.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`] };
    }
    return { sql: `${name} ${operator} ?`, args: [numberOr(value)] };
  });
  return {
    sql: parts.length === 0 ? '' : ` WHERE ${parts.map(({ sql }) => sql).join(' AND ')}`,
    args: parts.flatMap(({ args }) => args),
  };
}

/** A number where the text is one, exactly; columns of text compare it as text by their affinity. */
export function numberOr(text: string): Cell {
  if (/^-?\d{1,18}$/.test(text) && !/^-?0\d/.test(text)) {
    return BigInt(text);
  }
  return /^-?\d*\.\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}
