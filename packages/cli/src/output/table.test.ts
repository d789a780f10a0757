import { expect, test } from 'vitest';

import { bytes, facts, table } from './table.ts';

test('columns are as wide as their widest cell, also with characters that take two columns', () => {
  expect(
    table(
      ['NAME', 'TOWN'],
      [
        ['a', '東京'],
        ['longer', 'Kyiv'],
      ],
      '',
    ),
  ).toBe(['NAME    TOWN', 'a       東京', 'longer  Kyiv', ''].join('\n'));
});

test('without rows there is a sentence instead of a table', () => {
  expect(table(['NAME'], [], 'Nothing here.')).toBe('Nothing here.\n');
});

test('facts stand one below another', () => {
  expect(
    facts([
      ['Name', 'a'],
      ['Longer', 'b'],
    ]),
  ).toBe('Name:    a\nLonger:  b\n');
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1500, '1.5 KB'],
  [20_000_000_000, '20.0 GB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});
