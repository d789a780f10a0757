/**
 * libSQL's `vector_top_k('index', vector, k)` in FROM becomes a subquery that compares every vector of the table. So the
 * search is exact, and takes time in proportion to the table.
 *
 * The rewritten text has the client's parameters in the same order.
 *
 * @module
 */
import type { DatabaseSync } from 'node:sqlite';

import { vectorError } from './functions/vector-error.ts';
import { quoteName, quoteText } from './literal.ts';
import { aliasAt, applyEdits, piecesOf, readCall, textOf } from './pieces.ts';
import type { Edit, Piece } from './pieces.ts';
import { checkIndex, findIndex, INDEX_FUNCTION } from './vector-index.ts';

const TOP_K = 'vector_top_k';
const MENTIONED = new RegExp(String.raw`\b(?:${TOP_K}|${INDEX_FUNCTION})\b`, 'i');

/**
 * The statement with every `vector_top_k` replaced; the same text when there is none. What it says holds until the index
 * is made anew: such a statement must not be kept.
 *
 * @throws {SqlError} with libSQL's text when the index is missing or cannot be
 */
export function rewriteVectorSearch(db: DatabaseSync, sql: string): string {
  if (!MENTIONED.test(sql)) {
    return sql;
  }
  const list = piecesOf(sql);
  if (list[0]?.word === 'CREATE') {
    checkIndex(db, sql, list);
  }
  const edits: Edit[] = [];
  for (const [at, piece] of list.entries()) {
    if (piece.name.toLowerCase() === TOP_K && piece.kind !== 'string' && list[at + 1]?.text === '(') {
      edits.push(...searchAt(db, sql, list, at));
    }
  }
  return applyEdits(sql, edits);
}

/** The call that begins at `at`, as a subquery; and, where its alias is used with `rowid`, that as `id`. */
function searchAt(db: DatabaseSync, sql: string, list: readonly Piece[], at: number): Edit[] {
  const call = readCall(list, at + 1);
  if (call === undefined) {
    // SQLite says so.
    return [];
  }
  const [index, vector, count] = call.parameters.map(({ from, to }) => list.slice(from, to));
  if (index === undefined || vector === undefined || count === undefined || call.parameters.length !== 3) {
    throw vectorError(`vector index(search): got ${call.parameters.length} parameters, expected 3`);
  }
  const [name] = index;
  if (name?.kind !== 'string' || index.length !== 1) {
    throw vectorError('vector index(search): first parameter (index) must be a string literal on this server');
  }
  const shape = findIndex(db, name.name);
  const search = `(SELECT id FROM (SELECT ${shape.key} AS id, skerry_vector_rank(${quoteName(shape.column)}, ${textOf(sql, vector)}, ${quoteText(shape.metric)}, ${shape.type}, ${shape.dimensions}) AS rank FROM ${quoteName(shape.table)}${shape.where} LIMIT -1) WHERE rank NOT NULL ORDER BY rank, id LIMIT skerry_vector_count(${textOf(sql, count)}))`;
  const given = aliasAt(list, call.end);
  const isOperand = list[at - 1]?.word === 'IN';
  const alias = given?.name ?? TOP_K;
  const start = list[at]?.start ?? 0;
  const end = list[call.end - 1]?.end ?? sql.length;
  return [
    { start, end, text: given !== undefined || isOperand ? search : `${search} AS ${TOP_K}` },
    ...rowidsOf(list, alias),
  ];
}

/** libSQL answers `rowid` of the result with the same as `id`; a subquery has none. */
function rowidsOf(list: readonly Piece[], alias: string): Edit[] {
  const edits: Edit[] = [];
  for (const [at, { word, start, end }] of list.entries()) {
    const isQualified = list[at - 1]?.text === '.' && list[at - 2]?.name.toLowerCase() === alias.toLowerCase();
    if (word === 'ROWID' && isQualified) {
      edits.push({ start, end, text: 'id' });
    }
  }
  return edits;
}
