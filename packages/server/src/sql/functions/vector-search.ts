/**
 * What `vector_top_k` becomes calls these for every row, and for its count.
 *
 * @module
 */
import { checkComparable, cosineDistance, euclideanDistance } from './vector-distance.ts';
import { vectorError } from './vector-error.ts';
import { readVector } from './vector.ts';
import type { Vector } from './vector.ts';

/** The vector of the last call: it is the same for every row, and reading its text costs more than comparing vectors. */
export class SearchedVector {
  #text = '';
  #vector: Vector | undefined;

  read(searched: unknown): Vector {
    if (typeof searched !== 'string') {
      return readVector(searched);
    }
    if (this.#vector === undefined || this.#text !== searched) {
      this.#vector = readVector(searched);
      this.#text = searched;
    }
    return this.#vector;
  }
}

/**
 * How far a row's vector is from the one that is searched for.
 *
 * @param type and `dimensions` of the indexed column
 * @returns null for a row that has no vector of this kind: it is never found
 * @throws {SqlError} when the vector that is searched for is not of this kind
 */
export function rankVector(
  stored: unknown,
  target: Vector,
  metric: unknown,
  type: unknown,
  dimensions: unknown,
): number | null {
  if (BigInt(target.type) !== type) {
    throw vectorError(`vector index(search): vector type differs from column type: ${target.type} != ${String(type)}`);
  }
  if (BigInt(target.elements.length) !== dimensions) {
    throw vectorError(
      `vector index(search): dimensions are different: ${target.elements.length} != ${String(dimensions)}`,
    );
  }
  if (stored === null) {
    return null;
  }
  const vector = readVector(stored);
  if (vector.type !== target.type || vector.elements.length !== target.elements.length) {
    return null;
  }
  checkComparable(vector, target);
  const measured = metric === 'l2' ? euclideanDistance(vector, target) : cosineDistance(vector, target);
  return Number.isNaN(measured) ? null : measured;
}

/** The third argument of `vector_top_k`. */
export function searchCount(count: unknown): bigint {
  if (typeof count === 'bigint' && count >= 0n) {
    return count;
  }
  const isWhole = typeof count === 'number' && Number.isInteger(count) && count >= 0;
  if (isWhole) {
    // JavaScript's clients send every number as REAL.
    return BigInt(count);
  }
  throw vectorError('vector index(search): third parameter (k) must be a non-negative integer');
}
