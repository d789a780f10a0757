import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { CODECS } from './testing/codecs.ts';

test.each(CODECS)(
  'what is written as a $message in $encoding is read back exactly',
  ({ arbitrary, encode, decode }) => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(decode(encode(message))).toStrictEqual(message);
      }),
      { numRuns: 300 },
    );
  },
);

test('every message exists in both encodings, so the two carry the same', () => {
  expect(messagesIn('JSON')).toEqual(messagesIn('Protobuf'));
  expect(messagesIn('JSON')).toHaveLength(7);
});

function messagesIn(encoding: string): string[] {
  return CODECS.filter((codec) => codec.encoding === encoding).map(({ message }) => message);
}
