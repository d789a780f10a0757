import { expect, test } from 'vitest';

import { formatAge, formatBytes, formatCount, formatMs, plural } from './format.ts';

test('a size has three digits that count and the unit that keeps it short', () => {
  expect([0, 999, 1000, 4096, 52_428_800, 999_999, 1e12].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.00 kB',
    '4.10 kB',
    '52.4 MB',
    '1.00 MB',
    '1.00 TB',
  ]);
});

test('an age is told in its largest unit', () => {
  const now = Date.parse('2026-06-01T12:00:00Z');
  expect(formatAge('2026-06-01T11:59:40Z', now)).toBe('just now');
  expect(formatAge('2026-06-01T09:00:00Z', now)).toBe('3 hours ago');
  expect(formatAge('2026-05-31T11:00:00Z', now)).toBe('yesterday');
  expect(formatAge('2024-05-01T00:00:00Z', now)).toBe('2 years ago');
});

test('counts, durations and nouns', () => {
  expect(formatCount(1_234_567n)).toBe('1,234,567');
  expect(formatMs(0.42)).toBe('0.4 ms');
  expect(formatMs(1234)).toBe('1.23 s');
  expect([plural(1, 'row'), plural(2, 'row'), plural(2, 'query', 'queries')]).toEqual(['1 row', '2 rows', '2 queries']);
});
