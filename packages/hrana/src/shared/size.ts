/**
 * What a result will weigh on the wire, so that a response limit can be enforced while rows are still being read.
 *
 * @module
 */
import type { Value } from './proto.ts';

/**
 * About the characters that the row will take as JSON, found without building them. Text counts one per UTF-16 unit, so
 * the bytes may be up to three times as many for text that is not ASCII, and six times for control characters.
 */
export function estimateRowBytes(row: readonly Value[]): number {
  let size = 2;
  for (const value of row) {
    size += estimateValueBytes(value);
  }
  return size;
}

function estimateValueBytes(value: Value): number {
  if (typeof value === 'string') {
    return '{"type":"text","value":""},'.length + value.length;
  }
  if (typeof value === 'bigint' || typeof value === 'number') {
    return '{"type":"integer","value":"1234567890"},'.length;
  }
  return value === null
    ? '{"type":"null"},'.length
    : '{"type":"blob","base64":""},'.length + Math.ceil((value.byteLength * 4) / 3);
}
