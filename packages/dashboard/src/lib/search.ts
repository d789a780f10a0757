/**
 * What the addresses of views carry after the question mark, read from whatever somebody typed there.
 *
 * @module
 */
type Raw = Readonly<Record<string, unknown>>;

export interface Filter {
  readonly column: string;
  readonly operator: FilterOperator;
  readonly value: string;
}

export const FILTER_OPERATORS = ['=', '<>', '<', '<=', '>', '>=', 'contains', 'is null', 'is not null'] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];

export interface DataSearch {
  readonly table?: string;
  readonly view?: 'rows' | 'schema';
  readonly sort?: string;
  readonly order?: 'asc' | 'desc';
  readonly filters?: readonly Filter[];
}

export function dataSearch({ table, view, sort, order, filters }: Raw): DataSearch {
  const read = Array.isArray(filters) ? filters.map(readFilter).filter((filter) => filter !== undefined) : [];
  return {
    ...text('table', table),
    ...(view === 'schema' ? { view: 'schema' as const } : {}),
    ...text('sort', sort),
    ...(order === 'desc' ? { order: 'desc' as const } : {}),
    ...(read.length > 0 ? { filters: read } : {}),
  };
}

export interface SqlSearch {
  readonly instance?: string;
}

export function sqlSearch({ instance }: Raw): SqlSearch {
  return text('instance', instance);
}

export interface AuditSearch {
  readonly page?: number;
  readonly code?: string;
  readonly author?: string;
  readonly text?: string;
}

export function auditSearch({ page, code, author, text: words }: Raw): AuditSearch {
  return {
    ...(typeof page === 'number' && Number.isSafeInteger(page) && page > 1 ? { page } : {}),
    ...text('code', code),
    ...text('author', author),
    ...text('text', words),
  };
}

function readFilter(value: unknown): Filter | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const { column, operator, value: operand } = value as Raw;
  const known = FILTER_OPERATORS.find((candidate) => candidate === operator);
  return typeof column === 'string' && known !== undefined
    ? { column, operator: known, value: typeof operand === 'string' ? operand : '' }
    : undefined;
}

function text<Name extends string>(name: Name, value: unknown): { [N in Name]?: string } {
  const result: { [N in Name]?: string } = {};
  if (typeof value === 'string' && value !== '') {
    result[name] = value;
  } else if (typeof value === 'number') {
    // The address writes a text of digits without quotes.
    result[name] = String(value);
  }
  return result;
}
