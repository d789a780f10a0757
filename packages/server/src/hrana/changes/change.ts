/**
 * What a statement changes, read from its text: the table that it names and what it does to rows there. What triggers
 * and foreign keys change besides is not seen, as in sqld's feed for tables that only they touch.
 *
 * @module
 */
import { statementWords, tokens } from '../../sql/lexer.ts';

export const CHANGE_ACTIONS = ['insert', 'update', 'delete'] as const;
export type ChangeAction = (typeof CHANGE_ACTIONS)[number];

export interface Change {
  /** In lower case: SQLite's names have none. */
  readonly table: string;
  readonly action: ChangeAction;
}

const ACTIONS: Readonly<Record<string, ChangeAction>> = {
  INSERT: 'insert',
  REPLACE: 'insert',
  UPDATE: 'update',
  DELETE: 'delete',
};
/** Conflict clauses: INSERT OR IGNORE INTO, UPDATE OR ROLLBACK. */
const BETWEEN = new Set(['OR', 'ROLLBACK', 'ABORT', 'REPLACE', 'FAIL', 'IGNORE', 'INTO', 'FROM']);

/** @param sql one statement that SQLite has run */
export function changeOf(sql: string): Change | undefined {
  const { verb } = statementWords(sql);
  const action = ACTIONS[verb];
  if (action === undefined) {
    return undefined;
  }
  let depth = 0;
  let isPastVerb = false;
  let table: string | undefined;
  for (const { kind, start, end } of tokens(sql)) {
    const text = sql.slice(start, end);
    if (kind === 'other') {
      depth += text === '(' ? 1 : text === ')' ? -1 : 0;
    }
    if (!isPastVerb) {
      isPastVerb = depth === 0 && kind === 'word' && text.toUpperCase() === verb;
    } else if (table !== undefined && text === '.') {
      // That was the schema.
      table = undefined;
    } else if (table !== undefined) {
      break;
    } else if (kind === 'name' || kind === 'string' || (kind === 'word' && !BETWEEN.has(text.toUpperCase()))) {
      table = nameOf(text);
    }
  }
  return table === undefined ? undefined : { table, action };
}

/** Quotes doubled within a name stand for one. */
function nameOf(text: string): string {
  const [open = ''] = text;
  const close = open === '[' ? ']' : open;
  const isQuoted = `"'\`[`.includes(open);
  return (isQuoted ? text.slice(1, -1).replaceAll(close + close, close) : text).toLowerCase();
}
