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
