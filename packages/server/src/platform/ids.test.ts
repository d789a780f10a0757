import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { isUuid, newDatabaseId, shortId, timeOfId, timeOrderedId } from './ids.ts';

test("a database's id is a version 7 UUID that the CLI never takes for another engine", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 2 }), (nowMs) => {
      const id = newDatabaseId(nowMs);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(id.slice(11, 13)).not.toBe('10');
    }),
    { examples: [[0x10], [0x0f10], [0x11]] },
  );
});

test('ids sort by the time they were made', () => {
  expect(timeOrderedId(1_795_000_000_000) < timeOrderedId(1_795_000_000_001)).toBe(true);
});

test('an id tells the time it was made', () => {
  expect(timeOfId(timeOrderedId(1_795_000_000_123))).toBe(1_795_000_000_123);
});

test('the short form has the documented length and content', () => {
  expect(shortId('72518567-8493-11ee-9f96-3a45cc8ba6f0')).toBe('clGFZ4STEe6fljpFzIum8A');
});

test.each([
  ['72518567-8493-11ee-9f96-3a45cc8ba6f0', true],
  ['72518567-8493-11EE-9F96-3A45CC8BA6F0', true],
  ['72518567849311ee9f963a45cc8ba6f0', false],
  ['shop', false],
])('%s is a UUID: %s', (text, expected) => {
  expect(isUuid(text)).toBe(expected);
});
