/**
 * Values that have to come back as they went, through every client.
 *
 * @module
 */
export interface NamedValue {
  readonly title: string;
  readonly value: null | bigint | number | string | Uint8Array;
}

export const VALUES: readonly NamedValue[] = [
  { title: 'null', value: null },
  { title: 'zero', value: 0n },
  { title: 'the smallest integer', value: -(2n ** 63n) },
  { title: 'the largest integer', value: 2n ** 63n - 1n },
  { title: 'an integer beyond exact doubles', value: 2n ** 53n + 1n },
  { title: 'a fraction', value: 0.1 },
  { title: 'the smallest double', value: 5e-324 },
  { title: 'the largest double', value: Number.MAX_VALUE },
  { title: 'the empty text', value: '' },
  { title: 'text with a NUL inside', value: 'a\0b' },
  { title: 'text of every plane', value: 'é漢字👩‍👩‍👧\u{10FFFF}' },
  { title: 'text that JSON has to escape', value: '"\\\b\f\n\r\t\u0001\u007f\u2028' },
  { title: 'the empty blob', value: new Uint8Array() },
  { title: 'a blob of one byte', value: Uint8Array.of(0) },
  { title: 'a blob of every byte', value: Uint8Array.from({ length: 256 }, (_, index) => index) },
];

/** Around the boundaries of base64 groups, of buffers, and up to a megabyte. */
export const LARGE_BLOB_SIZES: readonly number[] = [2, 3, 4, 65_535, 65_536, 1_000_000, 1_048_576];
