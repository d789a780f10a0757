/**
 * What libSQL understands and SQLite does not, and cannot be said in SQLite's words: refused with an error that names it
 * and the way out (docs/sql.md).
 *
 * @module
 */
import { unsupported } from './authorizer.ts';
import { piecesOf } from './pieces.ts';
import type { SqlError } from './statement.ts';

interface Refusal {
  /** Of the statement in upper case, with one space between two tokens. */
  readonly pattern: RegExp;
  readonly wayOut: string;
}

const REFUSALS: readonly Refusal[] = [
  {
    pattern: /^CREATE (?:OR REPLACE )?FUNCTION /,
    wayOut: 'WebAssembly functions need libSQL itself; compute the value in the client',
  },
  { pattern: /^DROP FUNCTION /, wayOut: 'there are no WebAssembly functions on this server' },
  {
    pattern: /^CREATE TABLE .*\) .*\bRANDOM ROWID\b/,
    wayOut: 'RANDOM ROWID needs libSQL itself; use WITHOUT ROWID and a key "id INTEGER PRIMARY KEY DEFAULT (random())"',
  },
  {
    pattern: /^ALTER TABLE .* ALTER COLUMN .* TO /,
    wayOut:
      'ALTER COLUMN needs libSQL itself; make a new table, INSERT … SELECT the rows, drop the old one and rename the new',
  },
];

/** For a statement that SQLite has refused: an error that says more, when it is one of these. */
export function explainDialect(sql: string): SqlError | undefined {
  const text = piecesOf(sql)
    // A name in quotes is never a keyword.
    .map((piece) => (piece.kind === 'other' ? piece.text : piece.word || '_'))
    .join(' ');
  const refusal = REFUSALS.find(({ pattern }) => pattern.test(text));
  return refusal && unsupported(sql, `: ${refusal.wayOut}`);
}
