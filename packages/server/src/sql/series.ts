/**
 * `generate_series(start, stop, step)` in FROM becomes a recursive subquery with the same rows: node:sqlite can neither
 * define a table-valued function nor, under Node's permission model, load an extension that has one.
 *
 * The rewritten text has the client's parameters in the same order, each once. It is plain SQLite: a view keeps it.
 *
 * @module
 */
import { aliasAt, applyEdits, piecesOf, readCall } from './pieces.ts';
import type { Edit, Piece } from './pieces.ts';
import { SqlError } from './statement.ts';

const SERIES = 'generate_series';
const MENTIONED = new RegExp(String.raw`\b${SERIES}\b`, 'i');
/** Words that end a FROM clause. */
const ENDS_FROM = new Set(
  'SELECT WHERE GROUP ORDER HAVING LIMIT WINDOW UNION EXCEPT INTERSECT SET VALUES RETURNING'.split(' '),
);
const PARAMETERS_MAX = 3;
/** As SQLite's own series.c has it. */
const LAST_BY_DEFAULT = '4294967295';

// The arguments are read once, behind a LIMIT: SQLite would else put each in every place that names it. A difference that
// is beyond 64 bits becomes REAL, which is near enough to be compared with a step.
const HEAD =
  '(WITH RECURSIVE skerry_series (value, stop, step) AS (SELECT start, stop, iif(step = 0, 1, step) FROM (SELECT CAST(';
const STOP = ' AS INTEGER) AS start, CAST(';
const STEP = ' AS INTEGER) AS stop, CAST(';
const TAIL =
  ' AS INTEGER) AS step LIMIT 1) WHERE (step >= 0 AND start <= stop) OR (step < 0 AND start >= stop) UNION ALL ' +
  'SELECT value + step, stop, step FROM skerry_series ' +
  'WHERE (step > 0 AND stop - value >= step) OR (step < 0 AND stop - value <= step)) SELECT value FROM skerry_series)';

/** The statement with every series in FROM replaced; the same text when there is none. @throws {SqlError} SQLite's own */
export function rewriteSeries(sql: string): string {
  if (!MENTIONED.test(sql)) {
    return sql;
  }
  const list = piecesOf(sql);
  return applyEdits(
    sql,
    tablesOf(list).flatMap((at) => (isSeries(list, at) ? editsAt(list, at) : [])),
  );
}

function isSeries(list: readonly Piece[], at: number): boolean {
  return isName(list[at]) && list[at + 1]?.text === '(';
}

function isQualifier(list: readonly Piece[], at: number): boolean {
  return isName(list[at]) && list[at + 1]?.text === '.';
}

function isName(piece: Piece | undefined): boolean {
  return piece?.kind !== 'string' && piece?.name.toLowerCase() === SERIES;
}

function editsAt(list: readonly Piece[], at: number): Edit[] {
  const call = readCall(list, at + 1);
  if (call === undefined) {
    // SQLite says so.
    return [];
  }
  const { parameters, end } = call;
  const [first, second, third] = parameters;
  if (first === undefined) {
    throw new SqlError('SQLITE_UNKNOWN', `SQLite error: first argument to "${SERIES}()" missing or unusable`);
  }
  if (parameters.length > PARAMETERS_MAX) {
    throw new SqlError('SQLITE_UNKNOWN', `SQLite error: too many arguments on ${SERIES}() - max ${PARAMETERS_MAX}`);
  }
  const defaults =
    (second === undefined ? STOP + LAST_BY_DEFAULT : '') + (third === undefined ? `${STEP}1` : '') + TAIL;
  const isOperand = list[at - 1]?.word === 'IN';
  // Only for who uses it: of two tables with the same name, SQLite refuses the columns.
  const needsName = !isOperand && aliasAt(list, end) === undefined && list.some((_, each) => isQualifier(list, each));
  const name = needsName ? ` AS ${SERIES}` : '';
  return [
    { start: list[at]?.start ?? 0, end: list[at + 1]?.end ?? 0, text: HEAD },
    ...separator(list, second?.from, STOP),
    ...separator(list, third?.from, STEP),
    { start: list[end - 1]?.start ?? 0, end: list[end - 1]?.end ?? 0, text: defaults + name },
  ];
}

/** In place of the comma before a parameter. */
function separator(list: readonly Piece[], from: number | undefined, text: string): Edit[] {
  const comma = from === undefined ? undefined : list[from - 1];
  return comma === undefined ? [] : [{ start: comma.start, end: comma.end, text }];
}

/** Where a table may stand: after FROM, JOIN or a comma between tables, in parentheses there, and after IN. */
function tablesOf(list: readonly Piece[]): number[] {
  const places: number[] = [];
  const outer: boolean[] = [];
  let isFrom = false;
  let isPlace = false;
  for (const [at, { word, text }] of list.entries()) {
    if (isPlace && text !== '(') {
      places.push(at);
    }
    if (text === '(') {
      outer.push(isFrom);
      isFrom = isPlace && list[at - 1]?.word !== 'IN';
      continue;
    }
    isPlace = false;
    if (text === ')') {
      isFrom = outer.pop() ?? false;
    } else if (word === 'FROM' || word === 'JOIN') {
      // IS DISTINCT FROM is an operator.
      isPlace = list[at - 1]?.word !== 'DISTINCT';
      isFrom ||= isPlace;
    } else if (word === 'IN') {
      isPlace = true;
    } else if (text === ',') {
      isPlace = isFrom;
    } else if (ENDS_FROM.has(word)) {
      isFrom = false;
    }
  }
  return places;
}
