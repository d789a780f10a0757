/**
 * Changes made in the grid, as the statements that will run: shown before anything is written.
 *
 * @module
 */
import type { Cell } from './hrana.ts';
import { quoteName, quoteValue, type SqlText } from './sql-text.ts';

/** What tells one row from all others: its rowid, or its primary key. */
export type RowKey = readonly { readonly column: string; readonly value: Cell }[];

export type Edit =
  | { readonly kind: 'update'; readonly key: RowKey; readonly changes: ReadonlyMap<string, Cell> }
  | { readonly kind: 'delete'; readonly key: RowKey }
  | { readonly kind: 'insert'; readonly values: ReadonlyMap<string, Cell> };

export interface PlannedStatement extends SqlText {
  /** With the values in it. */
  readonly preview: string;
}

export function planEdits(table: string, edits: readonly Edit[]): PlannedStatement[] {
  return edits.map((edit) => {
    const parts = partsOf(table, edit);
    return {
      sql: parts.map((part) => (typeof part === 'string' ? part : '?')).join(''),
      args: parts.flatMap((part) => (typeof part === 'string' ? [] : [part.value])),
      preview: parts.map((part) => (typeof part === 'string' ? part : quoteValue(part.value))).join(''),
    };
  });
}

type Part = string | { readonly value: Cell };

function partsOf(table: string, edit: Edit): Part[] {
  const name = quoteName(table);
  switch (edit.kind) {
    case 'update': {
      const changes = [...edit.changes].flatMap(([column, value], index): Part[] => [
        `${index === 0 ? '' : ', '}${quoteName(column)} = `,
        { value },
      ]);
      return [`UPDATE ${name} SET `, ...changes, ...whereOf(edit.key)];
    }
    case 'delete':
      return [`DELETE FROM ${name}`, ...whereOf(edit.key)];
    case 'insert': {
      if (edit.values.size === 0) {
        return [`INSERT INTO ${name} DEFAULT VALUES`];
      }
      const values = [...edit.values.values()].flatMap((value, index): Part[] => [index === 0 ? '' : ', ', { value }]);
      return [`INSERT INTO ${name} (${[...edit.values.keys()].map(quoteName).join(', ')}) VALUES (`, ...values, ')'];
    }
  }
}

function whereOf(key: RowKey): Part[] {
  return key.flatMap(({ column, value }, index): Part[] => [
    // IS also finds NULL, which a primary key of SQLite may hold.
    `${index === 0 ? ' WHERE ' : ' AND '}${quoteName(column)} IS `,
    { value },
  ]);
}

/** A name for a row's key in a map. */
export function keyText(key: RowKey): string {
  return key.map(({ value }) => quoteValue(value)).join(' ');
}
