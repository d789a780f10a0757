/**
 * Ranges of the protocol's integers.
 *
 * @module
 */
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

export function isInt32(value: unknown): value is number {
  return typeof value === 'number' && Math.trunc(value) === value && value >= -(2 ** 31) && value < 2 ** 31;
}

export function isUint32(value: unknown): value is number {
  return typeof value === 'number' && Math.trunc(value) === value && value >= 0 && value < 2 ** 32;
}

export function isInt64(value: bigint): boolean {
  return value >= MIN_INT64 && value <= MAX_INT64;
}

export function isUint64(value: bigint): boolean {
  return value >= 0n && value <= MAX_UINT64;
}

/** A decimal integer of any size up to some 60 digits, or undefined. Longer texts cannot be within 64 bits anyway. */
export function parseDecimal(text: string): bigint | undefined {
  return /^[+-]?\d{1,60}$/.test(text) ? BigInt(text) : undefined;
}
