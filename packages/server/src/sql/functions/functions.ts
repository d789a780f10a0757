/**
 * Functions that libSQL has and SQLite has not. Those whose name begins with `skerry_` are written by us into
 * statements (vector-index.ts).
 *
 * @module
 */
import type { DatabaseSync } from 'node:sqlite';

import { addSqlean } from './sqlean.ts';
import { checkComparable, cosineDistance, euclideanDistance } from './vector-distance.ts';
import { vectorError } from './vector-error.ts';
import { rankVector, searchCount, SearchedVector } from './vector-search.ts';
import { formatVectorText } from './vector-text.ts';
import { readVector, readVectorAs, VECTOR_TYPE, writeVector } from './vector.ts';
import type { Vector, VectorType } from './vector.ts';

/** `useBigIntArguments`: an INTEGER is told from a REAL. */
const PURE = { deterministic: true, useBigIntArguments: true };

const CONSTRUCTORS: Readonly<Record<string, VectorType>> = {
  vector: VECTOR_TYPE.float32,
  vector32: VECTOR_TYPE.float32,
  vector64: VECTOR_TYPE.float64,
  vector16: VECTOR_TYPE.float16,
  vectorb16: VECTOR_TYPE.floatb16,
  vector8: VECTOR_TYPE.float8,
  vector1bit: VECTOR_TYPE.float1bit,
};

export function addFunctions(db: DatabaseSync): void {
  for (const [name, type] of Object.entries(CONSTRUCTORS)) {
    db.function(name, PURE, (value: unknown) => writeVector(readVectorAs(value, type)));
  }
  db.function('vector_extract', PURE, (value: unknown) => formatVectorText(readVector(value).elements));
  db.function('vector_distance_cos', PURE, (a: unknown, b: unknown) => distance(cosineDistance, a, b));
  db.function('vector_distance_l2', PURE, (a: unknown, b: unknown) => distance(euclideanDistance, a, b));
  db.function('vector_concat', PURE, (a: unknown, b: unknown) => writeVector(concat(readVector(a), readVector(b))));
  db.function('vector_slice', PURE, (value: unknown, start: unknown, end: unknown) =>
    writeVector(slice(readVector(value), start, end)),
  );
  db.function('libsql_vector_idx', { ...PURE, varargs: true }, indexKey);
  addSqlean(db);
  const searched = new SearchedVector();
  db.function(
    'skerry_vector_rank',
    PURE,
    (stored: unknown, target: unknown, metric: unknown, type: unknown, dimensions: unknown) =>
      rankVector(stored, searched.read(target), metric, type, dimensions),
  );
  db.function('skerry_vector_count', PURE, searchCount);
}

function distance(measure: (a: Vector, b: Vector) => number, a: unknown, b: unknown): number | null {
  const first = readVector(a);
  const second = readVector(b);
  checkComparable(first, second);
  const measured = measure(first, second);
  return Number.isNaN(measured) ? null : measured;
}

/** Turso's: of two vectors of one type. */
function concat(a: Vector, b: Vector): Vector {
  if (a.type !== b.type) {
    throw vectorError(`vector_concat: vectors must have the same type: ${a.type} != ${b.type}`);
  }
  return { type: a.type, elements: Float64Array.of(...a.elements, ...b.elements) };
}

/** Turso's: the elements from `start` up to, and without, `end`; the first is 0. */
function slice({ type, elements }: Vector, start: unknown, end: unknown): Vector {
  const isRange =
    typeof start === 'bigint' && typeof end === 'bigint' && start >= 0n && end >= start && end <= elements.length;
  if (!isRange) {
    throw vectorError(`vector_slice: start and end must be integers with 0 <= start <= end <= ${elements.length}`);
  }
  return { type, elements: elements.slice(Number(start), Number(end)) };
}

/**
 * In an index: refuses what is no vector, and keeps nothing of the vector, because the search reads the table. The index
 * of a file that libSQL made is empty, and made anew before it is used (upload-check.ts).
 */
function indexKey(value: unknown): null {
  if (value !== null) {
    readVector(value);
  }
  return null;
}
