/**
 * `@libsql/hrana-client`, the official client of the protocol, against both of our codecs: a `fetch` that answers it
 * directly stands where the network would be.
 */
import * as hrana from '@libsql/hrana-client';
import { expect, test } from 'vitest';

import * as json from './http/json.ts';
import type { CursorRequest, PipelineRequest, PipelineResponse, StreamResponse } from './http/proto.ts';
import * as protobuf from './http/protobuf.ts';
import type { CursorEntry, StmtResult, Value } from './shared/proto.ts';

interface Wire {
  readonly name: string;
  readonly clientVersion: 2 | 3;
  readonly decodePipeline: (body: Uint8Array) => PipelineRequest;
  readonly encodePipeline: (response: PipelineResponse) => Uint8Array | string;
  readonly decodeCursor: (body: Uint8Array) => CursorRequest;
  readonly encodeCursor: (entries: readonly CursorEntry[]) => Uint8Array;
}

const FIRST = { baton: null, baseUrl: null };

const WIRES: readonly Wire[] = [
  {
    name: 'version 2 in JSON',
    clientVersion: 2,
    decodePipeline: (body) => json.decodePipelineRequest(body, 2),
    encodePipeline: json.encodePipelineResponse,
    decodeCursor: (body) => json.decodeCursorRequest(body, 3),
    encodeCursor: (entries) =>
      Buffer.from(json.encodeCursorResponse(FIRST) + entries.map((entry) => json.encodeCursorEntry(entry)).join('')),
  },
  {
    name: 'version 3 in Protobuf',
    clientVersion: 3,
    decodePipeline: protobuf.decodePipelineRequest,
    encodePipeline: protobuf.encodePipelineResponse,
    decodeCursor: protobuf.decodeCursorRequest,
    encodeCursor: (entries) =>
      Buffer.concat([protobuf.encodeCursorResponse(FIRST), ...entries.map(protobuf.encodeCursorEntry)]),
  },
];

const VALUES: readonly Value[] = [
  null,
  -(2n ** 63n),
  2n ** 63n - 1n,
  -0.5,
  1,
  'a\0"é😀',
  new Uint8Array(),
  Uint8Array.of(0, 255),
];

const RESULT: StmtResult = {
  cols: VALUES.map((_, index) => ({ name: `c${index}`, decltype: index === 0 ? null : 'ANY' })),
  rows: [VALUES],
  affectedRowCount: 3,
  lastInsertRowid: 2n ** 62n,
  replicationIndex: 1n,
  rowsRead: 1,
  rowsWritten: 3,
  queryDurationMs: 0.5,
};

/** A client whose every request is answered by `respond`, and all that it asked. */
function connect(wire: Wire, respond: (request: PipelineRequest) => PipelineResponse, entries: CursorEntry[] = []) {
  const asked: (PipelineRequest | CursorRequest)[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const body = new Uint8Array(await request.arrayBuffer());
    if (request.method === 'GET') {
      return new Response('', { status: 200 });
    }
    if (request.url.endsWith('/cursor')) {
      asked.push(wire.decodeCursor(body));
      return new Response(Uint8Array.from(wire.encodeCursor(entries)));
    }
    const decoded = wire.decodePipeline(body);
    asked.push(decoded);
    const encoded = wire.encodePipeline(respond(decoded));
    return new Response(typeof encoded === 'string' ? encoded : Uint8Array.from(encoded));
  };
  const client = hrana.openHttp('http://server.test/', undefined, fetch, undefined, wire.clientVersion);
  client.intMode = 'bigint';
  return { client, asked };
}

function respondWith(response: StreamResponse): (request: PipelineRequest) => PipelineResponse {
  return ({ requests }) => ({
    baton: 'baton',
    baseUrl: null,
    results: requests.map((request) => ({
      type: 'ok',
      response: request.type === 'close' ? { type: 'close' } : response,
    })),
  });
}

test.each(WIRES)('$name: every value crosses in both directions', async (wire) => {
  const { client, asked } = connect(wire, respondWith({ type: 'execute', result: RESULT }));
  const rows = await client.openStream().query(['SELECT ?', [...VALUES]]);
  expect(asked[0]).toMatchObject({
    baton: null,
    requests: [{ type: 'execute', stmt: { source: { sql: 'SELECT ?' }, args: VALUES, wantRows: true } }],
  });
  expect(rows.rows.map((row) => Array.from(row, asBytes))).toStrictEqual([VALUES]);
  expect(rows.columnNames).toEqual(RESULT.cols.map(({ name }) => name));
  expect(rows.columnDecltypes[1]).toBe('ANY');
  expect(rows.affectedRowCount).toBe(3);
  expect(rows.lastInsertRowid).toBe(2n ** 62n);
  client.close();
});

test.each(WIRES)('$name: a batch brings results, errors and what was skipped', async (wire) => {
  const { client, asked } = connect(
    wire,
    respondWith({
      type: 'batch',
      result: {
        stepResults: [RESULT, null, null],
        stepErrors: [null, { message: 'UNIQUE constraint failed: t.a', code: 'SQLITE_CONSTRAINT' }, null],
        replicationIndex: null,
      },
    }),
  );
  const batch = client.openStream().batch();
  const [first, second, third] = [batch.step(), batch.step(), batch.step()];
  const done = [
    first.run('BEGIN'),
    second.condition(hrana.BatchCond.ok(first)).run('INSERT'),
    third.condition(hrana.BatchCond.not(hrana.BatchCond.or(batch, [hrana.BatchCond.error(second)]))).run('COMMIT'),
  ];
  const [outcomes] = await Promise.all([Promise.allSettled(done), batch.execute()]);
  expect(asked[0]).toMatchObject({
    requests: [
      {
        batch: {
          steps: [
            { condition: null, stmt: { wantRows: false } },
            { condition: { type: 'ok', step: 0 } },
            { condition: { type: 'not', cond: { type: 'or', conds: [{ type: 'error', step: 1 }] } } },
          ],
        },
      },
    ],
  });
  expect(outcomes).toMatchObject([
    { status: 'fulfilled', value: { affectedRowCount: 3 } },
    { status: 'rejected', reason: { message: 'UNIQUE constraint failed: t.a', code: 'SQLITE_CONSTRAINT' } },
    { status: 'fulfilled', value: undefined },
  ]);
  client.close();
});

test.each(WIRES)('$name: a description and a sequence', async (wire) => {
  const { client, asked } = connect(
    wire,
    respondWith({
      type: 'describe',
      result: {
        params: [{ name: null }, { name: ':b' }],
        cols: [{ name: 'a', decltype: 'TEXT' }],
        isExplain: false,
        isReadonly: true,
      },
    }),
  );
  expect(await client.openStream().describe('SELECT a')).toMatchObject({
    paramNames: [undefined, ':b'],
    columns: [{ name: 'a', decltype: 'TEXT' }],
    isExplain: false,
    isReadonly: true,
  });
  expect(asked[0]).toMatchObject({ requests: [{ type: 'describe', source: { sql: 'SELECT a' } }] });
  client.close();
});

test('version 3 in Protobuf: a batch through a cursor brings every row', async () => {
  const rows = Array.from({ length: 500 }, (_, index) => [BigInt(index), 'x'.repeat(index)]);
  const { client } = connect(WIRES[1] as Wire, respondWith({ type: 'close' }), [
    {
      type: 'step_begin',
      step: 0,
      cols: [
        { name: 'a', decltype: null },
        { name: 'b', decltype: null },
      ],
    },
    ...rows.map((row) => ({ type: 'row', row }) as const),
    { type: 'step_end', affectedRowCount: 0, lastInsertRowid: null },
  ]);
  await client.getVersion();
  const batch = client.openStream().batch(true);
  const [result] = await Promise.all([batch.step().query('SELECT a, b'), batch.execute()]);
  expect(result?.rows.map((row) => Array.from(row))).toStrictEqual(rows);
  client.close();
});

/** The client gives blobs as ArrayBuffer. */
function asBytes(value: unknown): unknown {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}
