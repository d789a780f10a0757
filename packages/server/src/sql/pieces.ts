/**
 * A statement's tokens as a list, for rewriting it.
 *
 * @module
 */
import { tokens } from './lexer.ts';
import type { Token } from './lexer.ts';

export function piecesOf(sql: string): readonly Piece[] {
  return [...tokens(sql)].map((token) => new Piece(sql, token));
}

export class Piece {
  readonly kind: Token['kind'];
  readonly start: number;
  readonly end: number;
  readonly text: string;

  constructor(sql: string, { kind, start, end }: Token) {
    this.kind = kind;
    this.start = start;
    this.end = end;
    this.text = sql.slice(start, end);
  }

  get word(): string {
    return this.kind === 'word' ? this.text.toUpperCase() : '';
  }

  /** The identifier, or the content of a string, without its quotes. */
  get name(): string {
    if (this.kind !== 'name' && this.kind !== 'string') {
      return this.text;
    }
    const quote = this.text.charAt(0);
    const inner = this.text.slice(1, -1);
    return quote === '[' ? inner : inner.replaceAll(quote + quote, quote);
  }
}

/** Words that may follow a table in FROM; any other word is its alias. */
const AFTER_TABLE = new Set(
  'WHERE JOIN LEFT RIGHT FULL INNER OUTER CROSS NATURAL ON USING GROUP ORDER HAVING LIMIT UNION EXCEPT INTERSECT WINDOW RETURNING'.split(
    ' ',
  ),
);

/** The alias of a table in FROM, if it has one. @param at behind the table */
export function aliasAt(list: readonly Piece[], at: number): Piece | undefined {
  const piece = list[list[at]?.word === 'AS' ? at + 1 : at];
  const isAlias = piece?.kind === 'name' || (piece?.kind === 'word' && !AFTER_TABLE.has(piece.word));
  return isAlias ? piece : undefined;
}

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** @param edits of parts that do not overlap */
export function applyEdits(sql: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    result += sql.slice(at, start) + text;
    at = end;
  }
  return result + sql.slice(at);
}

/** The text from the first piece to the last. */
export function textOf(sql: string, pieces: readonly Piece[]): string {
  return sql.slice(pieces[0]?.start, pieces.at(-1)?.end);
}

export interface Call {
  readonly parameters: readonly { readonly from: number; readonly to: number }[];
  /** Behind the closing parenthesis. */
  readonly end: number;
}

/**
 * The parameters of a call; undefined when it is not closed.
 *
 * @param open where its opening parenthesis is
 */
export function readCall(list: readonly Piece[], open: number): Call | undefined {
  const parameters: { from: number; to: number }[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open; at < list.length; at += 1) {
    const text = list[at]?.text;
    depth += text === '(' ? 1 : text === ')' ? -1 : 0;
    if (depth === 0 || (depth === 1 && text === ',')) {
      if (at > from) {
        parameters.push({ from, to: at });
      }
      from = at + 1;
    }
    if (depth === 0) {
      return { parameters, end: at + 1 };
    }
  }
  return undefined;
}
