/**
 * SQL text as its statements, each with where it stands, so that they can be run one by one.
 *
 * @module
 */
export interface StatementText {
  readonly sql: string;
  /** Of the first character, without leading space and comments. */
  readonly from: number;
  readonly to: number;
}

/** Space, comments, quoted things (SQLite doubles the quote inside), words, and whatever else, character by character. */
const TOKEN =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|[\s\S]/g;
const SILENT = /^(?:\s|--|\/\*)/;

export function splitStatements(text: string): StatementText[] {
  const found: StatementText[] = [];
  let from = -1;
  let end = 0;
  let words: string[] = [];
  const finish = (): void => {
    if (from !== -1) {
      found.push({ sql: text.slice(from, end), from, to: end });
    }
    from = -1;
    words = [];
  };
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    if (SILENT.test(token)) {
      continue;
    }
    if (token === ';' && !isInsideTrigger(words)) {
      finish();
      continue;
    }
    if (from === -1) {
      from = match.index;
    }
    end = match.index + token.length;
    words.push(token === ';' ? ';' : /^\w/.test(token) ? token.toUpperCase() : '');
  }
  finish();
  return found;
}

/** A trigger's body has statements of its own and ends with `; END`. */
function isInsideTrigger(words: readonly string[]): boolean {
  const [first, second, third] = words;
  const kind = second?.startsWith('TEMP') === true ? third : second;
  const isTrigger = first === 'CREATE' && kind === 'TRIGGER';
  return isTrigger && !(words.at(-1) === 'END' && words.at(-2) === ';');
}
