/**
 * Protobuf messages byte by byte, because the round trips of the other tests would not notice a number that is wrong in
 * both directions.
 */
import { expect, test } from 'vitest';

import { HranaDecodeError } from '../shared/errors.ts';
import { decodeClientMsg } from '../ws/protobuf.ts';
import { decodePipelineRequest, encodeCursorEntry, encodeCursorResponse, encodePipelineResponse } from './protobuf.ts';

function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}

test('a pipeline request is read by the numbers of the specification', () => {
  // baton "b"; execute { stmt { sql "?"; args [null, -1, 1.5, "t", x'ff']; named_args [{ "n", 1 }]; want_rows false } }
  const args = [
    '1a020a00', // null {}
    '1a021001', // sint64, zigzag of -1
    '1a0919000000000000f83f',
    '1a03220174',
    '1a032a01ff',
  ].join('');
  const stmt = `0a013f${args}22070a016e120210022800`;
  const body = `0a0162${field(2, field(2, field(1, stmt)))}`;
  expect(decodePipelineRequest(Uint8Array.fromHex(body))).toStrictEqual({
    baton: 'b',
    requests: [
      {
        type: 'execute',
        stmt: {
          source: { sql: '?' },
          args: [null, -1n, 1.5, 't', Uint8Array.of(255)],
          namedArgs: [{ name: 'n', value: 1n }],
          wantRows: false,
        },
      },
    ],
  });
});

test('a statement result is written with the numbers of the specification and of sqld', () => {
  const result = {
    cols: [{ name: 'a', decltype: 'T' }],
    rows: [[-1n]],
    affectedRowCount: 1,
    lastInsertRowid: -1n,
    replicationIndex: 4n,
    rowsRead: 5,
    rowsWritten: 6,
    queryDurationMs: 1.5,
  };
  const response = encodePipelineResponse({
    baton: null,
    baseUrl: null,
    results: [{ type: 'ok', response: { type: 'execute', result } }],
  });
  const fields = '0a060a016112015412040a0210011801200128043005380641000000000000f83f';
  expect(hex(response)).toBe(field(3, field(1, field(2, field(1, fields)))));
});

test('the messages of a cursor have their lengths before them', () => {
  expect(hex(encodeCursorResponse({ baton: 'b', baseUrl: null }))).toBe('030a0162');
  expect(hex(encodeCursorEntry({ type: 'step_end', affectedRowCount: 2, lastInsertRowid: 2n }))).toBe('06120408021004');
  expect(hex(encodeCursorEntry({ type: 'replication_index', replicationIndex: 9n }))).toBe('0432020809');
});

test('a row longer than a varint of one byte is still read by its length', () => {
  const bytes = encodeCursorEntry({ type: 'row', row: ['x'.repeat(200)] });
  expect(hex(bytes.subarray(0, 2))).toBe('d101');
  expect(bytes.length).toBe(2 + 0xd1);
});

test.each([
  ['an empty request', '1200', 'StreamRequest type not recognized'],
  ['a request of a later version', field(2, field(99, '')), 'StreamRequest type not recognized'],
  ['an empty value', field(2, field(2, field(1, '0a013f1a00'))), 'Value type not recognized'],
  ['a statement without SQL', field(2, field(2, field(1, ''))), 'Either `sql` or `sql_id` are required'],
  [
    'an empty condition',
    field(2, field(3, field(1, field(1, `${field(1, '')}${field(2, '0a0161')}`)))),
    'BatchCond type not recognized',
  ],
])('%s breaks the protocol', (_, body, message) => {
  expect(() => decodePipelineRequest(Uint8Array.fromHex(body))).toThrow(new HranaDecodeError('violation', message));
});

test.each([
  ['a field that ends too early', '0a0562'],
  ['a length beyond all bytes', '0affffffff0f'],
  ['text that is not UTF-8', '0a01ff'],
  ['a varint without an end', '80808080808080808080808080'],
])('%s is malformed', (_, body) => {
  expect(() => decodePipelineRequest(Uint8Array.fromHex(body))).toThrow(
    expect.objectContaining({
      kind: 'malformed',
      message: expect.stringMatching(/^Could not decode client message from Protobuf: /),
    }),
  );
});

test('an empty frame is no message', () => {
  expect(() => decodeClientMsg(new Uint8Array())).toThrow(
    new HranaDecodeError('violation', 'ClientMsg type not recognized'),
  );
});

/** A length-delimited field around what is already hexadecimal. */
function field(number: number, content: string): string {
  return varint((number << 3) | 2) + varint(content.length / 2) + content;
}

function varint(value: number): string {
  const byte = value > 0x7f ? (value & 0x7f) | 0x80 : value;
  return byte.toString(16).padStart(2, '0') + (value > 0x7f ? varint(value >> 7) : '');
}
