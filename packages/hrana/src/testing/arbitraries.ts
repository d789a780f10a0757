/**
 * Every message that the types allow and the protocol permits, for property tests.
 *
 * @module
 */
import * as fc from 'fast-check';

import type { PipelineRequest, PipelineResponse, StreamRequest, StreamResponse } from '../http/proto.ts';
import type {
  Batch,
  BatchCond,
  BatchResult,
  Col,
  CursorEntry,
  DescribeResult,
  HranaError,
  SqlSource,
  Stmt,
  StmtResult,
  Value,
} from '../shared/proto.ts';
import type { ClientMsg, Request, Response, ServerMsg } from '../ws/proto.ts';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const nullableText = fc.option(text);
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const count = fc.maxSafeNat();
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

/** Like what the decoders make: objects with the usual prototype. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

/** NaN is not a value of SQLite's. */
export const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  int64,
  fc.double({ noNaN: true }),
  fc.integer(),
  text,
  fc.uint8Array({ maxLength: 20 }),
);

const row = fc.array(value, { maxLength: 5 });
const error: fc.Arbitrary<HranaError> = record({ message: text, code: text });
const source: fc.Arbitrary<SqlSource> = fc.oneof(record({ sql: text }), record({ sqlId: int32 }));
const cols: fc.Arbitrary<Col[]> = fc.array(record({ name: nullableText, decltype: nullableText }), { maxLength: 4 });

const stmt: fc.Arbitrary<Stmt> = record({
  source,
  args: fc.array(value, { maxLength: 5 }),
  namedArgs: fc.array(record({ name: text, value }), { maxLength: 3 }),
  wantRows: fc.boolean(),
});

/** Conditions of step `index`, which may look only at the steps before it. */
function condition(index: number): fc.Arbitrary<BatchCond> {
  const autocommit = fc.constant({ type: 'is_autocommit' } as const);
  const leaf =
    index === 0
      ? autocommit
      : fc.oneof(autocommit, record({ type: fc.constantFrom('ok', 'error'), step: fc.nat({ max: index - 1 }) }));
  const { node } = fc.letrec<{ node: BatchCond }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      record({ type: fc.constant('not' as const), cond: tie('node') }),
      record({ type: fc.constantFrom('and', 'or'), conds: fc.array(tie('node'), { maxLength: 3 }) }),
    ),
  }));
  return node;
}

const batch: fc.Arbitrary<Batch> = fc.nat({ max: 4 }).chain((steps) =>
  record({
    steps: fc.tuple(
      ...Array.from({ length: steps }, (_, index) => record({ condition: fc.option(condition(index)), stmt })),
    ),
  }),
);

const stmtResult: fc.Arbitrary<StmtResult> = record({
  cols,
  rows: fc.array(row, { maxLength: 4 }),
  affectedRowCount: count,
  lastInsertRowid: fc.option(int64),
  replicationIndex: fc.option(uint64),
  rowsRead: count,
  rowsWritten: count,
  queryDurationMs: fc.double({ min: 0, noDefaultInfinity: true, noNaN: true }),
});

/**
 * Ends in a step that ran, and has no replication index: Protobuf's form of a batch result can say neither (see
 * protobuf-client.ts).
 */
const batchResult: fc.Arbitrary<BatchResult> = fc
  .tuple(fc.array(fc.oneof(stmtResult, error, fc.constant(null)), { maxLength: 3 }), fc.oneof(stmtResult, error))
  .map(([before, last]) => before.concat(last))
  .map((steps) => ({
    stepResults: steps.map((step) => (step !== null && 'rows' in step ? step : null)),
    stepErrors: steps.map((step) => (step !== null && 'message' in step ? step : null)),
    replicationIndex: null,
  }));

const describeResult: fc.Arbitrary<DescribeResult> = record({
  params: fc.array(record({ name: nullableText }), { maxLength: 3 }),
  cols: fc.array(record({ name: text, decltype: nullableText }), { maxLength: 3 }),
  isExplain: fc.boolean(),
  isReadonly: fc.boolean(),
});

export const cursorEntry: fc.Arbitrary<CursorEntry> = fc.oneof(
  record({ type: fc.constant('step_begin' as const), step: uint32, cols }),
  record({ type: fc.constant('row' as const), row }),
  record({ type: fc.constant('step_end' as const), affectedRowCount: count, lastInsertRowid: fc.option(int64) }),
  record({ type: fc.constant('step_error' as const), step: uint32, error }),
  record({ type: fc.constant('error' as const), error }),
  record({ type: fc.constant('replication_index' as const), replicationIndex: fc.option(uint64) }),
);

const streamRequest: fc.Arbitrary<StreamRequest> = fc.oneof(
  record({ type: fc.constantFrom('close', 'get_autocommit') }),
  record({ type: fc.constant('execute' as const), stmt }),
  record({ type: fc.constant('batch' as const), batch }),
  record({ type: fc.constantFrom('sequence', 'describe'), source }),
  record({ type: fc.constant('store_sql' as const), sqlId: int32, sql: text }),
  record({ type: fc.constant('close_sql' as const), sqlId: int32 }),
);

const streamResponse: fc.Arbitrary<StreamResponse> = fc.oneof(
  record({ type: fc.constantFrom('close', 'sequence', 'store_sql', 'close_sql') }),
  record({ type: fc.constant('execute' as const), result: stmtResult }),
  record({ type: fc.constant('batch' as const), result: batchResult }),
  record({ type: fc.constant('describe' as const), result: describeResult }),
  record({ type: fc.constant('get_autocommit' as const), isAutocommit: fc.boolean() }),
);

export const pipelineRequest: fc.Arbitrary<PipelineRequest> = record({
  baton: nullableText,
  requests: fc.array(streamRequest, { maxLength: 4 }),
});

export const pipelineResponse: fc.Arbitrary<PipelineResponse> = record({
  baton: nullableText,
  baseUrl: nullableText,
  results: fc.array(
    fc.oneof(
      record({ type: fc.constant('ok' as const), response: streamResponse }),
      record({ type: fc.constant('error' as const), error }),
    ),
    { maxLength: 4 },
  ),
});

export const cursorRequest = record({ baton: nullableText, batch });
export const cursorResponse = record({ baton: nullableText, baseUrl: nullableText });

const request: fc.Arbitrary<Request> = fc.oneof(
  record({ type: fc.constantFrom('open_stream', 'close_stream', 'get_autocommit'), streamId: int32 }),
  record({ type: fc.constant('execute' as const), streamId: int32, stmt }),
  record({ type: fc.constant('batch' as const), streamId: int32, batch }),
  record({ type: fc.constant('open_cursor' as const), streamId: int32, cursorId: int32, batch }),
  record({ type: fc.constant('close_cursor' as const), cursorId: int32 }),
  record({ type: fc.constant('fetch_cursor' as const), cursorId: int32, maxCount: uint32 }),
  record({ type: fc.constantFrom('sequence', 'describe'), streamId: int32, source }),
  record({ type: fc.constant('store_sql' as const), sqlId: int32, sql: text }),
  record({ type: fc.constant('close_sql' as const), sqlId: int32 }),
);

const response: fc.Arbitrary<Response> = fc.oneof(
  record({
    type: fc.constantFrom(
      'open_stream',
      'close_stream',
      'open_cursor',
      'close_cursor',
      'sequence',
      'store_sql',
      'close_sql',
    ),
  }),
  record({ type: fc.constant('execute' as const), result: stmtResult }),
  record({ type: fc.constant('batch' as const), result: batchResult }),
  record({
    type: fc.constant('fetch_cursor' as const),
    entries: fc.array(cursorEntry, { maxLength: 4 }),
    done: fc.boolean(),
  }),
  record({ type: fc.constant('describe' as const), result: describeResult }),
  record({ type: fc.constant('get_autocommit' as const), isAutocommit: fc.boolean() }),
);

export const clientMsg: fc.Arbitrary<ClientMsg> = fc.oneof(
  record({ type: fc.constant('hello' as const), jwt: nullableText }),
  record({ type: fc.constant('request' as const), requestId: int32, request }),
);

export const serverMsg: fc.Arbitrary<ServerMsg> = fc.oneof(
  record({ type: fc.constant('hello_ok' as const) }),
  record({ type: fc.constant('hello_error' as const), error }),
  record({ type: fc.constant('response_ok' as const), requestId: int32, response }),
  record({ type: fc.constant('response_error' as const), requestId: int32, error }),
);
