/**
 * Just enough of SQL's grammar to cut a text into statements, to find the word that a statement begins with, and to
 * list its parameters: what SQLite's binding for Node does not tell. Everything else is left to SQLite.
 *
 * Source: SQLite's `tokenize.c` for tokens, `complete.c` for where a CREATE TRIGGER ends.
 *
 * @module
 */

export interface Token {
  /** `name`: a quoted identifier. `parameter`: `?`, `?5`, `:a`, `@a`, `$a`. `other`: operators and the like. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'parameter' | 'semicolon' | 'other';
  readonly start: number;
  readonly end: number;
}

const TOKEN = new RegExp(
  [
    String.raw`(?<trivia>[ \t\n\f\r]+|--[^\n]*|/\*[\s\S]*?(?:\*/|$))`,
    String.raw`(?<string>[xX]?'(?:[^']|'')*(?:'|$))`,
    String.raw`(?<name>"(?:[^"]|"")*(?:"|$)|` + '`(?:[^`]|``)*(?:`|$)' + String.raw`|\[[^\]]*(?:\]|$))`,
    String.raw`(?<number>0[xX][0-9a-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)`,
    String.raw`(?<parameter>\?\d*|[:@#$][\w\u0080-\uffff$]+(?:::[\w\u0080-\uffff$]+)*(?:\([^)\s]*\))?)`,
    String.raw`(?<word>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff$]*)`,
    String.raw`(?<semicolon>;)`,
    String.raw`(?<other>[\s\S])`,
  ].join('|'),
  'y',
);

/** The tokens from `from` on; comments and space are left out. */
export function* tokens(sql: string, from = 0): Generator<Token> {
  // A regular expression that remembers its place must not be shared between two readers.
  const expression = new RegExp(TOKEN);
  expression.lastIndex = from;
  for (let match = expression.exec(sql); match !== null && match[0] !== ''; match = expression.exec(sql)) {
    const { groups = {} } = match;
    if (groups['trivia'] === undefined) {
      yield { kind: kindOf(groups), start: match.index, end: expression.lastIndex };
    }
  }
}

const KINDS = ['word', 'other', 'semicolon', 'name', 'string', 'number', 'parameter'] as const;

function kindOf(groups: Record<string, string | undefined>): Token['kind'] {
  return KINDS.find((kind) => groups[kind] !== undefined) ?? 'other';
}

export interface StatementSpan {
  readonly start: number;
  /** Without its semicolon. */
  readonly end: number;
  /** Where the next statement may begin. */
  readonly next: number;
}

/** The text's statements, one after another, each found when it is asked for. */
export function* statementsOf(sql: string): Generator<string> {
  for (let span = findStatement(sql); span !== undefined; span = findStatement(sql, span.next)) {
    yield sql.slice(span.start, span.end);
  }
}

/** The first statement at or after `from`; undefined when only space, comments and semicolons are left. */
export function findStatement(sql: string, from = 0): StatementSpan | undefined {
  let start = -1;
  let end = from;
  const head: string[] = [];
  let isTrigger = false;
  // In a trigger's body semicolons are inside; it ends with ";" "END" ";".
  let afterSemicolon = false;
  let afterEnd = false;
  for (const token of tokens(sql, from)) {
    if (start === -1) {
      if (token.kind === 'semicolon') {
        continue;
      }
      start = token.start;
    }
    if (token.kind === 'semicolon') {
      if (!isTrigger || afterEnd) {
        return { start, end, next: token.end };
      }
      afterSemicolon = true;
      continue;
    }
    if (token.kind === 'word' && head.length < 5) {
      head.push(sql.slice(token.start, token.end).toUpperCase());
      isTrigger ||= startsTrigger(head);
    }
    afterEnd = isTrigger && afterSemicolon && token.kind === 'word' && isWord(sql, token, 'END');
    afterSemicolon = false;
    end = token.end;
  }
  return start === -1 ? undefined : { start, end, next: sql.length };
}

function startsTrigger(head: readonly string[]): boolean {
  const words = head[0] === 'EXPLAIN' ? head.slice(head[1] === 'QUERY' ? 3 : 1) : head;
  const kind = words[1] === 'TEMP' || words[1] === 'TEMPORARY' ? words[2] : words[1];
  return words[0] === 'CREATE' && kind === 'TRIGGER';
}

function isWord(sql: string, token: Token, word: string): boolean {
  return token.end - token.start === word.length && sql.slice(token.start, token.end).toUpperCase() === word;
}

/**
 * The words that say what a statement is: its first, and the verb after a WITH clause or EXPLAIN [QUERY PLAN]. In upper
 * case; empty when the statement begins with something else.
 */
export function statementWords(sql: string): { readonly first: string; readonly verb: string } {
  let first = '';
  let depth = 0;
  for (const token of tokens(sql)) {
    const text = sql.slice(token.start, token.end);
    if (token.kind === 'other') {
      depth += text === '(' ? 1 : text === ')' ? -1 : 0;
    }
    if (token.kind !== 'word') {
      if (first === '') {
        break;
      }
      continue;
    }
    const word = text.toUpperCase();
    first ||= word;
    const isVerb = VERBS.has(word) || !(first === 'WITH' || first === 'EXPLAIN');
    if (depth === 0 && isVerb) {
      return { first, verb: word };
    }
  }
  return { first, verb: first };
}

const VERBS = new Set(['SELECT', 'VALUES', 'INSERT', 'REPLACE', 'UPDATE', 'DELETE']);

/** The statement, or a trigger in it, takes rows away that are in its way: REPLACE, INSERT OR REPLACE, UPDATE OR REPLACE. */
export function replacesRows(sql: string): boolean {
  let before: readonly string[] = [];
  for (const token of tokens(sql)) {
    const word = token.kind === 'word' ? sql.slice(token.start, token.end).toUpperCase() : '';
    const [first = '', second = ''] = before;
    // The function is REPLACE too, and may follow OR.
    const isOrReplace = word === 'REPLACE' && second === 'OR' && (first === 'INSERT' || first === 'UPDATE');
    if (isOrReplace || (word === 'INTO' && second === 'REPLACE')) {
      return true;
    }
    before = [second, word];
  }
  return false;
}

/**
 * Names of a statement's parameters by their index, as SQLite counts them: entry 0 is parameter 1. A `?` has no name and
 * is null, and so is an index that the statement skips.
 */
export function parameterNames(sql: string): (string | null)[] {
  const names: (string | null)[] = [];
  for (const token of tokens(sql)) {
    if (token.kind !== 'parameter') {
      continue;
    }
    const text = sql.slice(token.start, token.end);
    if (text === '?') {
      names.push(null);
    } else if (text.startsWith('?')) {
      const index = Number(text.slice(1));
      // SQLite has refused numbers beyond its limit before this is asked.
      while (names.length < index) {
        names.push(null);
      }
      // The same variable may have been named before.
      names[index - 1] ??= text;
    } else if (!names.includes(text)) {
      names.push(text);
    }
  }
  return names;
}
