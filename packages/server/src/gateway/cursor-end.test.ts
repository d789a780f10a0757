import { encodeCursorEntry, encodeCursorResponse } from '@skerry/hrana/http/protobuf';
import type { CursorEntry } from '@skerry/hrana/shared/proto';
import { expect, test } from 'vitest';

import { CursorMessages } from './cursor-end.ts';

const row = (text: string): CursorEntry => ({ type: 'row', row: [text] });

test('in Protobuf an entry may follow only where the one before is whole, wherever what was sent is cut', () => {
  const messages = [
    encodeCursorResponse({ baton: null, baseUrl: null }),
    encodeCursorEntry(row('short')),
    encodeCursorEntry(row('long'.repeat(50))),
    encodeCursorEntry({ type: 'step_end', affectedRowCount: 0, lastInsertRowid: null }),
    encodeCursorEntry(row('longer'.repeat(5_000))),
  ];
  const ends = new Set(messages.map((_, index) => Buffer.concat(messages.slice(0, index + 1)).length));
  const bytes = Buffer.concat(messages);
  const one = new CursorMessages();
  expect(one.isWhole).toBe(false);
  const wrong: number[] = [];
  for (let at = 1; at <= bytes.length; at += 1) {
    one.sent(bytes.subarray(at - 1, at));
    const two = new CursorMessages();
    two.sent(bytes.subarray(0, Math.min(at, 7)));
    two.sent(bytes.subarray(Math.min(at, 7), at));
    if (one.isWhole !== ends.has(at) || two.isWhole !== ends.has(at)) {
      wrong.push(at);
    }
  }
  expect(wrong).toEqual([]);
});
