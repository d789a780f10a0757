/**
 * `total_changes()` in a client's text tells what its own stream has changed. SQLite's counts since the connection was
 * opened, for every stream that has had it, and cannot be set back; it cannot be replaced either, because node:sqlite has
 * no other way to ask it. So the text calls a function of ours.
 *
 * Views and triggers keep SQLite's; a stream that reaches one gets a connection of its own (connection.ts).
 *
 * @module
 */
import { applyEdits, piecesOf } from './pieces.ts';

const MENTIONED = /\btotal_changes\b/i;
const PREFIX = 'skerry_';
const OURS = new RegExp(String.raw`\b${PREFIX}(?=total_changes\b)`, 'gi');

/** Name of the function that must be there, without arguments. */
export const STREAM_TOTAL = `${PREFIX}total_changes`;

/** The statement with every call replaced; the same text when there is none. */
export function rewriteTotalChanges(sql: string): string {
  if (!MENTIONED.test(sql)) {
    return sql;
  }
  const list = piecesOf(sql);
  if (list[0]?.word === 'CREATE') {
    return sql;
  }
  const calls = list.filter(({ word }, at) => word === 'TOTAL_CHANGES' && list[at + 1]?.text === '(');
  return applyEdits(
    sql,
    calls.map(({ start }) => ({ start, end: start, text: PREFIX })),
  );
}

/** A column without an alias is named after its text: the client's. */
export function clientsName(column: string): string {
  return column.includes(PREFIX) ? column.replaceAll(OURS, '') : column;
}
