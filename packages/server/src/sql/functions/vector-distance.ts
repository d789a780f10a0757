/**
 * Distances between two vectors, in libSQL's precision: FLOAT64 is computed in double, everything else in single
 * precision step by step, and the result is always a single.
 *
 * @module
 */
import { vectorError } from './vector-error.ts';
import { VECTOR_TYPE } from './vector.ts';
import type { Quantized, Vector } from './vector.ts';

const { fround, sqrt } = Math;

/** @throws {SqlError} when they cannot be compared */
export function checkComparable(a: Vector, b: Vector): void {
  if (a.type !== b.type) {
    throw vectorError(`vector_distance: vectors must have the same type: ${a.type} != ${b.type}`);
  }
  if (a.elements.length !== b.elements.length) {
    throw vectorError(
      `vector_distance: vectors must have the same length: ${a.elements.length} != ${b.elements.length}`,
    );
  }
}

/** 1 - cos of the angle; for FLOAT1BIT the number of bits that differ. NaN when one vector has no direction. */
export function cosineDistance(a: Vector, b: Vector): number {
  if (a.type === VECTOR_TYPE.float1bit) {
    return bitsApart(a.elements, b.elements);
  }
  if (a.quantized !== undefined && b.quantized !== undefined) {
    return quantizedCosine(a.quantized, b.quantized);
  }
  return a.type === VECTOR_TYPE.float64 ? doubleCosine(a.elements, b.elements) : singleCosine(a.elements, b.elements);
}

export function euclideanDistance(a: Vector, b: Vector): number {
  if (a.type === VECTOR_TYPE.float1bit) {
    throw vectorError('vector_distance: l2 distance is not supported for float1bit vectors');
  }
  const isDouble = a.type === VECTOR_TYPE.float64;
  return isDouble ? doubleEuclidean(a.elements, b.elements) : singleEuclidean(a.elements, b.elements);
}

// Every element exists: the vectors are equally long. `?? 0` costs nothing that can be measured.

function bitsApart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let count = 0;
  for (let index = 0; index < a.length; index += 1) {
    count += a[index] === b[index] ? 0 : 1;
  }
  return count;
}

function doubleCosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let index = 0; index < a.length; index += 1) {
    const x = a[index] ?? 0;
    const y = b[index] ?? 0;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return fround(1 - dot / sqrt(aa * bb));
}

function singleCosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let index = 0; index < a.length; index += 1) {
    const x = a[index] ?? 0;
    const y = b[index] ?? 0;
    dot = fround(dot + fround(x * y));
    aa = fround(aa + fround(x * x));
    bb = fround(bb + fround(y * y));
  }
  return fround(1 - dot / sqrt(fround(aa * bb)));
}

function doubleEuclidean(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    sum += difference * difference;
  }
  return fround(sqrt(sum));
}

function singleEuclidean(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) {
    const difference = fround((a[index] ?? 0) - (b[index] ?? 0));
    sum = fround(sum + fround(difference * difference));
  }
  return fround(sqrt(sum));
}

/** From sums of the bytes. The last digit may differ from libSQL's. */
function quantizedCosine(a: Quantized, b: Quantized): number {
  const dot = quantizedDot(a, b);
  return fround(1 - dot / sqrt(fround(quantizedDot(a, a) * quantizedDot(b, b))));
}

function quantizedDot(a: Quantized, b: Quantized): number {
  let products = 0;
  let aSum = 0;
  let bSum = 0;
  for (let index = 0; index < a.bytes.length; index += 1) {
    const x = a.bytes[index] ?? 0;
    const y = b.bytes[index] ?? 0;
    products += x * y;
    aSum += x;
    bSum += y;
  }
  const scaled = fround(fround(a.alpha * b.alpha) * products);
  const mixed = fround(scaled + fround(fround(a.alpha * b.shift) * aSum));
  const shifted = fround(mixed + fround(fround(b.alpha * a.shift) * bSum));
  return fround(shifted + fround(fround(a.shift * b.shift) * a.bytes.length));
}
