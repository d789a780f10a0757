import { expect, test } from 'vitest';

import { decodeRoaring, RoaringDamaged } from './roaring.ts';

/** Little-endian 16-bit words. */
function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => bytes.writeUInt16LE(value, 2 * index));
  return bytes;
}

test('containers with lists of numbers are read', () => {
  // Two containers: 1, 5 and 65,536 + 7; then their offsets.
  const bytes = words(12346, 0, 2, 0, 0, 1, 1, 0, 24, 0, 28, 0, 1, 5, 7);
  expect([...decodeRoaring(bytes, 100_000)]).toEqual([1, 5, 65_543]);
});

test('containers with runs are read', () => {
  const bytes = Buffer.concat([words(12347, 0), Buffer.from([1]), words(0, 6, 2, 10, 3, 100, 2)]);
  expect([...decodeRoaring(bytes, 100_000)]).toEqual([10, 11, 12, 13, 100, 101, 102]);
});

test('containers with a bit for each number are read', () => {
  const bits = Buffer.alloc(8192, 0xff);
  const bytes = Buffer.concat([words(12346, 0, 1, 0, 0, 65_535, 16, 0), bits]);
  expect(decodeRoaring(bytes, 100_000).size).toBe(65_536);
});

test('numbers beyond the limit are left out, however many a bitmap names', () => {
  const runs = 4096;
  const heads = Array.from({ length: runs }, (_, container) => [container, 65_535]).flat();
  const flags = Buffer.alloc(runs / 8, 0xff);
  const bodies = Array.from({ length: runs }, () => [1, 0, 65_535]).flat();
  // 268 million numbers in 60 KB.
  const bytes = Buffer.concat([
    words(12347, runs - 1),
    flags,
    words(...heads),
    Buffer.alloc(4 * runs),
    words(...bodies),
  ]);
  const found = decodeRoaring(bytes, 70_000);
  expect([found.size, found.has(0), found.has(69_999), found.has(70_000)]).toEqual([70_000, true, true, false]);
});

test.each([
  Buffer.alloc(3),
  Buffer.alloc(8),
  words(12346, 0, 1, 0, 0, 9, 16, 0, 1),
  // The same container twice, and runs that go back.
  words(12346, 0, 2, 0, 0, 0, 0, 0, 24, 0, 26, 0, 1, 2),
  Buffer.concat([words(12347, 0), Buffer.from([1]), words(0, 6, 2, 10, 3, 5, 2)]),
])('%s is refused', (bytes) => {
  expect(() => decodeRoaring(bytes, 100_000)).toThrow(RoaringDamaged);
});
