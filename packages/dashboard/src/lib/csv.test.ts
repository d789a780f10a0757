import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';

import { csvLine, jsonRow } from './csv.ts';

test('another reader of CSV gets back what was written', () => {
  const rows = [
    ['plain', 'with "quotes"', 'a,b', 'two\r\nlines', ' spaced '],
    ['', '0', '-1.5', 'ünïcode', '='],
  ];
  expect(parse(rows.map((row) => csvLine(row)).join(''))).toEqual(rows);
});

test('NULL, integers and blobs', () => {
  expect(csvLine([null, '', 9007199254740993n, new Uint8Array([1, 171])])).toBe(',"",9007199254740993,01ab\r\n');
  expect(jsonRow(['a', 'b', 'c'], [5n, 9007199254740993n, null])).toBe('{"a":5,"b":"9007199254740993","c":null}');
});
