/**
 * Where one statement ends and the next begins: strings, comments and the bodies of triggers may hold semicolons. The
 * rule for triggers is SQLite's own (sqlite3_complete): they end with `;` `END` `;`.
 *
 * @module
 */

export interface Split {
  /** Without the closing semicolon; never empty. */
  readonly statements: readonly string[];
  /** What is not complete yet. */
  readonly rest: string;
}

/** Strings and names in quotes, comments, words, and any other single character. An open one matches to the end. */
const TOKEN =
  /'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|--[^\n]*(?:\n|$)|\/\*[^]*?(?:\*\/|$)|\w+|[^]/g;

export function splitStatements(text: string): Split {
  const statements: string[] = [];
  let begin = 0;
  let words: string[] = [];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === ';' && !(isTrigger(words) && !endsTrigger(words))) {
      const statement = text.slice(begin, index).trim();
      if (words.length > 0) {
        statements.push(statement);
      }
      begin = index + 1;
      words = [];
    } else if (!/^(\s|--|\/\*)/.test(token)) {
      words.push(token.toUpperCase());
    }
  }
  return { statements, rest: text.slice(begin) };
}

/** The statement that stands in `rest` when nothing more comes; undefined when that is only space and comments. */
export function lastStatement(rest: string): string | undefined {
  const isEmpty = [...rest.matchAll(TOKEN)].every(([token]) => /^(\s|--|\/\*)/.test(token));
  return isEmpty ? undefined : rest.trim();
}

function isTrigger(words: readonly string[]): boolean {
  const [first, second, third] = words;
  const what = second === 'TEMP' || second === 'TEMPORARY' ? third : second;
  return first === 'CREATE' && what === 'TRIGGER';
}

function endsTrigger(words: readonly string[]): boolean {
  return words.at(-1) === 'END' && words.at(-2) === ';';
}
