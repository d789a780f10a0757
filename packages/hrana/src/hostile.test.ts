import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { HranaDecodeError } from './shared/errors.ts';
import { CODECS } from './testing/codecs.ts';

/** What `decode` throws, if anything. */
function failure(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): unknown {
  try {
    decode(bytes);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The same, but for the refusal that a bad message deserves. */
function accident(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): unknown {
  const error = failure(decode, bytes);
  return error instanceof HranaDecodeError ? undefined : error;
}

test.each(CODECS)('random bytes as a $message in $encoding are read or refused', ({ decode }) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(accident(decode, bytes)).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});

test.each(CODECS)('a damaged $message in $encoding is read or refused', ({ arbitrary, encode, decode }) => {
  fc.assert(
    fc.property(arbitrary, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 5 }), (message, damages) => {
      const bytes = Uint8Array.from(encode(message));
      for (const [position, byte] of damages) {
        if (bytes.length > 0) {
          bytes[position % bytes.length] = byte;
        }
      }
      expect(accident(decode, bytes)).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

test.each(CODECS)('a $message in $encoding that ends too early is read or refused', ({ arbitrary, encode, decode }) => {
  fc.assert(
    fc.property(arbitrary, (message) => {
      const bytes = encode(message);
      for (let length = 0; length < Math.min(bytes.length, 300); length++) {
        expect(accident(decode, bytes.subarray(0, length))).toBeUndefined();
      }
    }),
    { numRuns: 30 },
  );
});

test.each(CODECS.filter(({ encoding }) => encoding === 'JSON'))(
  'any JSON whatever as a $message is read or refused',
  ({ decode }) => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(accident(decode, new TextEncoder().encode(json))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  },
);

test.each(CODECS)('a $message in $encoding nested a million levels deep is refused', ({ encoding, decode }) => {
  const levels = 1_000_000;
  const bytes =
    encoding === 'JSON'
      ? new TextEncoder().encode('{"type":"ok","a":'.repeat(levels))
      : Uint8Array.from({ length: levels }, () => 0x0b); // group 1 begins
  expect(failure(decode, bytes)).toBeInstanceOf(HranaDecodeError);
});
