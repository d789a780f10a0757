import { expect, test } from 'vitest';

import { HranaDecodeError } from '../shared/errors.ts';
import type { HranaVersion } from '../shared/version.ts';
import { decodeClientMsg, encodeServerMsg } from './json.ts';

const SINCE_VERSION: Readonly<Record<string, readonly [since: HranaVersion, request: object]>> = {
  open_stream: [1, { stream_id: 1 }],
  close_stream: [1, { stream_id: 1 }],
  execute: [1, { stream_id: 1, stmt: { sql: 'SELECT 1' } }],
  batch: [1, { stream_id: 1, batch: { steps: [] } }],
  sequence: [2, { stream_id: 1, sql: 'SELECT 1' }],
  describe: [2, { stream_id: 1, sql: 'SELECT 1' }],
  store_sql: [2, { sql_id: 1, sql: 'SELECT 1' }],
  close_sql: [2, { sql_id: 1 }],
  open_cursor: [3, { stream_id: 1, cursor_id: 1, batch: { steps: [] } }],
  close_cursor: [3, { cursor_id: 1 }],
  fetch_cursor: [3, { cursor_id: 1, max_count: 2 ** 32 - 1 }],
  get_autocommit: [3, { stream_id: 1 }],
};

const cases = Object.entries(SINCE_VERSION).flatMap(([type, [since, fields]]) =>
  ([1, 2, 3] as const).map((version) => ({ type, since, fields, version })),
);

function message(request: object): string {
  return JSON.stringify({ type: 'request', request_id: -1, request });
}

test.each(cases.filter(({ since, version }) => version >= since))(
  'version $version knows $type',
  ({ type, fields, version }) => {
    expect(decodeClientMsg(message({ type, ...fields }), version)).toMatchObject({ requestId: -1, request: { type } });
  },
);

test.each(cases.filter(({ since, version }) => version < since))(
  'version $version refuses $type',
  ({ type, fields, since, version }) => {
    expect(() => decodeClientMsg(message({ type, ...fields }), version)).toThrow(
      new HranaDecodeError(
        'violation',
        `The \`${type}\` request is only supported in protocol version hrana${since} and higher`,
      ),
    );
  },
);

test('a condition on autocommit needs version 3 on a WebSocket', () => {
  const batch = { steps: [{ condition: { type: 'is_autocommit' }, stmt: { sql: 'a' } }] };
  expect(() => decodeClientMsg(message({ type: 'batch', stream_id: 1, batch }), 2)).toThrow(
    'BatchCond of type `is_autocommit` is only supported in protocol version hrana3 and higher',
  );
});

test.each([
  ['a token', '{"type":"hello","jwt":"t"}', 't'],
  ['null', '{"type":"hello","jwt":null}', null],
  ['nothing', '{"type":"hello"}', null],
])('a hello may bring %s', (_, text, jwt) => {
  expect(decodeClientMsg(text, 1)).toStrictEqual({ type: 'hello', jwt });
});

test.each([2 ** 31, -(2 ** 31) - 1, 1.5, '1', null])('%s is no id of a request', (id) => {
  const text = JSON.stringify({ type: 'request', request_id: id, request: { type: 'open_stream', stream_id: 1 } });
  expect(() => decodeClientMsg(text, 3)).toThrow('expected a 32-bit integer: request_id');
});

test('server messages have every key, in the order of sqld', () => {
  const error = { message: 'm', code: 'C' };
  expect(
    [
      encodeServerMsg({ type: 'hello_ok' }),
      encodeServerMsg({ type: 'hello_error', error }),
      encodeServerMsg({ type: 'response_error', requestId: 2, error }),
      encodeServerMsg({ type: 'response_ok', requestId: 3, response: { type: 'open_stream' } }),
      encodeServerMsg({
        type: 'response_ok',
        requestId: 4,
        response: { type: 'fetch_cursor', entries: [{ type: 'row', row: [] }], done: false },
      }),
    ].join('\n'),
  ).toBe(
    [
      '{"type":"hello_ok"}',
      '{"type":"hello_error","error":{"message":"m","code":"C"}}',
      '{"type":"response_error","request_id":2,"error":{"message":"m","code":"C"}}',
      '{"type":"response_ok","request_id":3,"response":{"type":"open_stream"}}',
      '{"type":"response_ok","request_id":4,"response":{"type":"fetch_cursor","entries":[{"type":"row","row":[]}],"done":false}}',
    ].join('\n'),
  );
});
