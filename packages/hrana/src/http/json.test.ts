/**
 * The messages of Hrana over HTTP as they look on the wire: what official clients send, and what they have to get, down
 * to the order of the keys.
 */
import { expect, test } from 'vitest';

import { HranaDecodeError } from '../shared/errors.ts';
import type { StmtResult, Value } from '../shared/proto.ts';
import type { HranaVersion } from '../shared/version.ts';
import {
  decodeBatchRequest,
  decodeCursorRequest,
  decodeExecuteRequest,
  decodePipelineRequest,
  encodeBatchResponse,
  encodeCursorEntry,
  encodeCursorResponse,
  encodeExecuteResponse,
  encodePipelineResponse,
} from './json.ts';

const EMPTY: StmtResult = {
  cols: [],
  rows: [],
  affectedRowCount: 0,
  lastInsertRowid: null,
  replicationIndex: null,
  rowsRead: 0,
  rowsWritten: 0,
  queryDurationMs: 0.25,
};
const EMPTY_TEXT =
  '{"cols":[],"rows":[],"affected_row_count":0,"last_insert_rowid":null,"replication_index":null,' +
  '"rows_read":0,"rows_written":0,"query_duration_ms":0.25}';

function request(...requests: unknown[]): string {
  return JSON.stringify({ requests });
}

function args(...values: unknown[]): string {
  return request({ type: 'execute', stmt: { sql: 'SELECT ?', args: values } });
}

function firstArg(body: string): Value | undefined {
  const [first] = decodePipelineRequest(body, 3).requests;
  return first?.type === 'execute' ? first.stmt.args[0] : undefined;
}

test('a pipeline may leave out everything optional', () => {
  expect(decodePipelineRequest(request({ type: 'execute', stmt: { sql: 'SELECT 1' } }), 2)).toStrictEqual({
    baton: null,
    requests: [{ type: 'execute', stmt: { source: { sql: 'SELECT 1' }, args: [], namedArgs: [], wantRows: true } }],
  });
});

test('null counts as absent, as the Rust client sends it', () => {
  const body =
    '{"baton":null,"requests":[{"type":"execute","stmt":{"sql":"SELECT 1","sql_id":null,"args":null,' +
    '"named_args":null,"want_rows":null,"replication_index":null}}]}';
  expect(decodePipelineRequest(body, 3).requests).toStrictEqual([
    { type: 'execute', stmt: { source: { sql: 'SELECT 1' }, args: [], namedArgs: [], wantRows: true } },
  ]);
});

test('unknown fields are ignored, however they look', () => {
  const body = `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},"baton":"b","requests":[{"type":"close","y":1}]}`;
  expect(decodePipelineRequest(body, 3)).toStrictEqual({ baton: 'b', requests: [{ type: 'close' }] });
});

test('every request of a pipeline is understood', () => {
  const body = request(
    { type: 'close' },
    { type: 'sequence', sql: 'a; b' },
    { type: 'describe', sql_id: -7 },
    { type: 'store_sql', sql_id: 1, sql: 'SELECT 1' },
    { type: 'close_sql', sql_id: 1 },
    { type: 'get_autocommit' },
    {
      type: 'batch',
      batch: { steps: [{ stmt: { sql: 'a' } }, { condition: { type: 'ok', step: 0 }, stmt: { sql: 'b' } }] },
    },
  );
  const stmt = { args: [], namedArgs: [], wantRows: true };
  expect(decodePipelineRequest(body, 3).requests).toStrictEqual([
    { type: 'close' },
    { type: 'sequence', source: { sql: 'a; b' } },
    { type: 'describe', source: { sqlId: -7 } },
    { type: 'store_sql', sqlId: 1, sql: 'SELECT 1' },
    { type: 'close_sql', sqlId: 1 },
    { type: 'get_autocommit' },
    {
      type: 'batch',
      batch: {
        steps: [
          { condition: null, stmt: { source: { sql: 'a' }, ...stmt } },
          { condition: { type: 'ok', step: 0 }, stmt: { source: { sql: 'b' }, ...stmt } },
        ],
      },
    },
  ]);
});

test.each<[string, unknown, Value]>([
  ['the smallest integer', { type: 'integer', value: '-9223372036854775808' }, -(2n ** 63n)],
  ['the largest integer', { type: 'integer', value: '9223372036854775807' }, 2n ** 63n - 1n],
  ['a float that looks like an integer', { type: 'float', value: 1 }, 1],
  ['a blob with padding', { type: 'blob', base64: '/w==' }, Uint8Array.of(255)],
  ['a blob without padding', { type: 'blob', base64: '/w' }, Uint8Array.of(255)],
  ['an empty blob', { type: 'blob', base64: '' }, new Uint8Array()],
  ['text with a NUL', { type: 'text', value: 'a\0b' }, 'a\0b'],
  ['null', { type: 'null' }, null],
])('%s arrives as it was sent', (_, sent, arrived) => {
  expect(firstArg(args(sent))).toStrictEqual(arrived);
});

test('an infinite float arrives, which JSON can only say as a number too large', () => {
  expect(
    firstArg('{"requests":[{"type":"execute","stmt":{"sql":"?","args":[{"type":"float","value":-9e999}]}}]}'),
  ).toBe(-Infinity);
});

test.each([
  ['an integer as a JSON number', { type: 'integer', value: 1 }],
  ['an integer above 64 bits', { type: 'integer', value: '9223372036854775808' }],
  ['an integer below 64 bits', { type: 'integer', value: '-9223372036854775809' }],
  ['an empty integer', { type: 'integer', value: '' }],
  ['a hexadecimal integer', { type: 'integer', value: '0x10' }],
  ['an integer of a million digits', { type: 'integer', value: '1'.repeat(1_000_000) }],
  ['a float as text', { type: 'float', value: '1.5' }],
  ['a float that is null', { type: 'float', value: null }],
  ['base64 of the URL alphabet', { type: 'blob', base64: '_w' }],
  ['a blob without base64', { type: 'blob' }],
  ['text that has no UTF-8 form', { type: 'text', value: '\ud800' }],
  ['an unknown type', { type: 'decimal', value: '1' }],
  ['no type', {}],
  ['no object', '1'],
])('%s is malformed', (_, value) => {
  expect(() => decodePipelineRequest(args(value), 3)).toThrow(
    expect.objectContaining({
      name: 'HranaDecodeError',
      kind: 'malformed',
      message: expect.stringMatching(/^Cannot deserialize client message from JSON: /),
    }),
  );
});

test.each<[string, unknown, HranaVersion, string]>([
  ['neither SQL nor its id', { type: 'execute', stmt: {} }, 3, 'Either `sql` or `sql_id` are required'],
  [
    'both SQL and its id',
    { type: 'sequence', sql: 'a', sql_id: 1 },
    3,
    'Either `sql` or `sql_id` are required, but not both',
  ],
  [
    'an id of SQL before version 2',
    { type: 'describe', sql_id: 1 },
    1,
    '`sql_id` is only supported in protocol version hrana2 and higher',
  ],
  [
    'get_autocommit before version 2',
    { type: 'get_autocommit' },
    1,
    'The `get_autocommit` request is only supported in protocol version hrana3 and higher',
  ],
  [
    'a condition on the own step',
    { type: 'batch', batch: { steps: [{ condition: { type: 'ok', step: 0 }, stmt: { sql: 'a' } }] } },
    3,
    'Invalid reference to step in a batch condition',
  ],
  [
    'a condition on a later step inside others',
    {
      type: 'batch',
      batch: {
        steps: [
          {
            condition: { type: 'not', cond: { type: 'and', conds: [{ type: 'error', step: 9 }] } },
            stmt: { sql: 'a' },
          },
        ],
      },
    },
    3,
    'Invalid reference to step in a batch condition',
  ],
])('%s breaks the protocol', (_, one, version, message) => {
  expect(() => decodePipelineRequest(request(one), version)).toThrow(new HranaDecodeError('violation', message));
});

test('version 2 knows of autocommit, because a sync client asks for it there', () => {
  const condition = { type: 'not', cond: { type: 'is_autocommit' } };
  const body = request(
    { type: 'get_autocommit' },
    { type: 'batch', batch: { steps: [{ condition, stmt: { sql: 'a' } }] } },
  );
  expect(decodePipelineRequest(body, 2).requests).toHaveLength(2);
});

test('conditions nest forty levels deep and no deeper', () => {
  const nested = (levels: number): unknown =>
    levels === 1 ? { type: 'is_autocommit' } : { type: 'not', cond: nested(levels - 1) };
  const body = (levels: number) =>
    request({ type: 'batch', batch: { steps: [{ condition: nested(levels), stmt: { sql: 'a' } }] } });
  expect(decodePipelineRequest(body(40), 3).requests).toHaveLength(1);
  expect(() => decodePipelineRequest(body(41), 3)).toThrow('conditions nest too deep');
});

test('bytes that are not UTF-8 are malformed', () => {
  expect(() => decodePipelineRequest(Uint8Array.of(0x22, 0xff, 0x22), 3)).toThrow(HranaDecodeError);
});

test('a pipeline response has every key, in the order of sqld', () => {
  const rows = [[null, 1n, 2.5, 'a"\u0001é', Uint8Array.of(255)]];
  const cols = [
    { name: 'a', decltype: 'INTEGER' },
    { name: null, decltype: null },
  ];
  expect(
    encodePipelineResponse({
      baton: 'b',
      baseUrl: null,
      results: [
        {
          type: 'ok',
          response: { type: 'execute', result: { ...EMPTY, cols, rows, lastInsertRowid: 7n, replicationIndex: 3n } },
        },
        { type: 'error', error: { message: 'no such table: t', code: 'SQLITE_UNKNOWN' } },
        { type: 'ok', response: { type: 'close' } },
        { type: 'ok', response: { type: 'get_autocommit', isAutocommit: true } },
      ],
    }),
  ).toBe(
    '{"baton":"b","base_url":null,"results":[' +
      '{"type":"ok","response":{"type":"execute","result":{' +
      '"cols":[{"name":"a","decltype":"INTEGER"},{"name":null,"decltype":null}],' +
      '"rows":[[{"type":"null"},{"type":"integer","value":"1"},{"type":"float","value":2.5},' +
      '{"type":"text","value":"a\\"\\u0001é"},{"type":"blob","base64":"/w"}]],' +
      '"affected_row_count":0,"last_insert_rowid":"7","replication_index":"3","rows_read":0,"rows_written":0,' +
      '"query_duration_ms":0.25}}},' +
      '{"type":"error","error":{"message":"no such table: t","code":"SQLITE_UNKNOWN"}},' +
      '{"type":"ok","response":{"type":"close"}},' +
      '{"type":"ok","response":{"type":"get_autocommit","is_autocommit":true}}]}',
  );
});

test('a batch response has a result or an error for each step, and neither for a skipped one', () => {
  const result = {
    stepResults: [EMPTY, null, null],
    stepErrors: [null, { message: 'm', code: 'C' }, null],
    replicationIndex: null,
  };
  expect(encodeBatchResponse(result)).toBe(
    `{"result":{"step_results":[${EMPTY_TEXT},null,null],` +
      '"step_errors":[null,{"message":"m","code":"C"},null],"replication_index":null}}',
  );
});

test.each<[string, Value, string]>([
  ['a whole number', 1, '1.0'],
  ['negative zero', -0, '-0.0'],
  ['a number that is written with an exponent', 1e300, '1e+300'],
  ['the smallest number', 5e-324, '5e-324'],
  ['infinity', Infinity, '9.0e+999'],
  ['minus infinity', -Infinity, '-9.0e+999'],
])('%s of type REAL stays a float for every client', (_, value, text) => {
  expect(encodeExecuteResponse({ ...EMPTY, rows: [[value]] })).toContain(`"rows":[[{"type":"float","value":${text}}]]`);
});

test('infinite floats are null for who asks for that, and text that looks like one stays', () => {
  const result = { ...EMPTY, rows: [[Infinity, -Infinity, '9.0e+999', 1.5]] };
  const values = '{"type":"float","value":null},{"type":"float","value":null},{"type":"text","value":"9.0e+999"}';
  const text = encodePipelineResponse(
    { baton: null, baseUrl: null, results: [{ type: 'ok', response: { type: 'execute', result } }] },
    'null',
  );
  expect(text).toContain(`"rows":[[${values},{"type":"float","value":1.5}]]`);
  expect(encodeCursorEntry({ type: 'row', row: [Infinity] }, 'null')).toContain('[{"type":"float","value":null}]');
});

test.each([
  '',
  'plain',
  'a "quoted" text',
  'back\\slash',
  'line\nbreak',
  '\u0000',
  '\u001f',
  '\u007f',
  '\u2028',
  'ä€',
  '😀',
  '\ud800',
])('a text is escaped as JSON.stringify does it: %j', (text) => {
  expect(encodeExecuteResponse({ ...EMPTY, rows: [[text, text]] })).toContain(
    `"rows":[[{"type":"text","value":${JSON.stringify(text)}},{"type":"text","value":${JSON.stringify(text)}}]]`,
  );
});

test.each([0n, -1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)])(
  'every digit of %d is written',
  (value) => {
    expect(encodeExecuteResponse({ ...EMPTY, rows: [[value]] })).toContain(
      `[{"type":"integer","value":"${value.toString()}"}]`,
    );
  },
);

test('NaN, which SQLite does not have, is NULL', () => {
  expect(encodeExecuteResponse({ ...EMPTY, rows: [[Number.NaN]] })).toContain('"rows":[[{"type":"null"}]]');
});

test('the lines of a cursor end in newlines, and its row id is a string', () => {
  expect(
    [
      encodeCursorResponse({ baton: null, baseUrl: 'http://h' }),
      encodeCursorEntry({ type: 'step_begin', step: 0, cols: [{ name: 'a', decltype: null }] }),
      encodeCursorEntry({ type: 'row', row: [1n] }),
      encodeCursorEntry({ type: 'step_end', affectedRowCount: 1, lastInsertRowid: 2n ** 63n - 1n }),
      encodeCursorEntry({ type: 'step_error', step: 1, error: { message: 'm', code: 'C' } }),
      encodeCursorEntry({ type: 'error', error: { message: 'm', code: 'C' } }),
      encodeCursorEntry({ type: 'replication_index', replicationIndex: null }),
    ].join(''),
  ).toBe(
    '{"baton":null,"base_url":"http://h"}\n' +
      '{"type":"step_begin","step":0,"cols":[{"name":"a","decltype":null}]}\n' +
      '{"type":"row","row":[{"type":"integer","value":"1"}]}\n' +
      '{"type":"step_end","affected_row_count":1,"last_insert_rowid":"9223372036854775807"}\n' +
      '{"type":"step_error","step":1,"error":{"message":"m","code":"C"}}\n' +
      '{"type":"error","error":{"message":"m","code":"C"}}\n' +
      '{"type":"replication_index","replication_index":null}\n',
  );
});

test('a cursor request is a batch with a baton', () => {
  expect(decodeCursorRequest('{"batch":{"steps":[]}}', 3)).toStrictEqual({ baton: null, batch: { steps: [] } });
  expect(() => decodeCursorRequest('{"baton":"b"}', 3)).toThrow('expected an object: batch');
});

test('version 1 over HTTP has a statement or a batch for a body', () => {
  expect(decodeExecuteRequest('{"stmt":{"sql":"SELECT 1","want_rows":false}}').wantRows).toBe(false);
  expect(decodeBatchRequest('{"batch":{"steps":[{"stmt":{"sql":"SELECT 1"}}]}}').steps).toHaveLength(1);
  expect(() => decodeExecuteRequest('{"stmt":{"sql_id":1}}')).toThrow('hrana2 and higher');
  expect(encodeExecuteResponse(EMPTY)).toBe(`{"result":${EMPTY_TEXT}}`);
});
