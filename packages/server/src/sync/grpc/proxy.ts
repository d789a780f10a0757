/**
 * `proxy.Proxy`: statements that embedded replicas of older libSQL clients hand on, because they write or belong to a
 * transaction that does. Source: `libsql-server/src/rpc/proxy.rs` of libSQL.
 *
 * @module
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Batch, BatchCond, Col, HranaError, Stmt, StmtResult } from '@skerry/hrana/shared/proto';

import { runBatch } from '../../hrana/batch.ts';
import type { HostRequest } from '../../hrana/http/request.ts';
import type { Stream } from '../../hrana/stream.ts';
import { SqlError } from '../../sql/statement.ts';
import {
  DescribeRequestSchema,
  DescribeResultSchema,
  ExecuteResultsSchema,
  ProgramReqSchema,
} from '../gen/sync/proxy_pb.ts';
import type { ColumnSchema, Cond, ErrorSchema, Query, QueryResultSchema, Step } from '../gen/sync/proxy_pb.ts';
import { withLog } from '../generations.ts';
import { decodeValue, encodeValue } from './bincode.ts';
import type { ProxyStreams } from './proxy-streams.ts';
import { replicationIndex } from './replication-log.ts';

const STATE_INIT = 0;
const STATE_TRANSACTION = 2;
/** Codes of `Error`. */
const SQL_ERROR = 0;
const BUSY = 1;
const TIMEOUT = 2;

/** `Execute`: a program, which is what Hrana calls a batch. */
export async function execute(message: Buffer, request: HostRequest, streams: ProxyStreams): Promise<Uint8Array> {
  const { clientId, pgm } = fromBinary(ProgramReqSchema, message);
  const stream = streams.get(request.services.databases, request.head.instance, clientId);
  const batch: Batch = { steps: (pgm?.steps ?? []).map(toStep) };
  const results = await stream.use(async () => await run(stream, batch, request));
  const index = await withLog(request, ({ log }) => {
    log.poll();
    return replicationIndex(log);
  });
  const state = stream.isAutocommit ? STATE_INIT : STATE_TRANSACTION;
  const answer = create(ExecuteResultsSchema, { results, state, currentFrameNo: BigInt(index) });
  return toBinary(ExecuteResultsSchema, answer);
}

/** `Describe`: the columns and parameters of a statement. */
export async function describe(message: Buffer, request: HostRequest, streams: ProxyStreams): Promise<Uint8Array> {
  const { clientId, stmt } = fromBinary(DescribeRequestSchema, message);
  const stream = streams.get(request.services.databases, request.head.instance, clientId);
  const result = await stream.use(async () => await Promise.resolve(describeOn(stream, stmt, request)));
  return toBinary(DescribeResultSchema, create(DescribeResultSchema, { describeResult: result }));
}

async function run(
  stream: Stream,
  batch: Batch,
  request: HostRequest,
): Promise<MessageInitShape<typeof QueryResultSchema>[]> {
  try {
    const { stepResults, stepErrors } = await runBatch(stream, batch, request.caller);
    return stepResults.map((result, step) => toQueryResult(result, stepErrors[step] ?? null));
  } catch (error) {
    // Nothing has run: a statement cannot be parsed.
    if (!(error instanceof SqlError)) {
      throw error;
    }
    const failure = toError({ message: error.message, code: error.code });
    return batch.steps.map(() => ({ rowResult: { case: 'error' as const, value: failure } }));
  }
}

function describeOn(
  stream: Stream,
  sql: string,
  request: HostRequest,
): NonNullable<MessageInitShape<typeof DescribeResultSchema>['describeResult']> {
  try {
    const { cols, params } = stream.describe({ sql }, request.caller);
    const paramNames = params.flatMap(({ name }) => (name === null ? [] : [name]));
    const value = { columnDescriptions: cols.map(toColumn), paramNames, paramCount: BigInt(params.length) };
    return { case: 'description', value };
  } catch (error) {
    if (error instanceof SqlError) {
      return { case: 'error', value: toError({ message: error.message, code: error.code }) };
    }
    throw error;
  }
}

function toQueryResult(
  result: StmtResult | null,
  error: HranaError | null,
): MessageInitShape<typeof QueryResultSchema> {
  if (error !== null) {
    return { rowResult: { case: 'error', value: toError(error) } };
  }
  // A step that was skipped has an empty result: clients do not bear its absence.
  const rowid = result?.lastInsertRowid ?? null;
  const value = {
    columnDescriptions: (result?.cols ?? []).map(toColumn),
    rows: (result?.rows ?? []).map((row) => ({ values: row.map((cell) => ({ data: encodeValue(cell) })) })),
    affectedRowCount: BigInt(result?.affectedRowCount ?? 0),
    ...(rowid === null ? {} : { lastInsertRowid: rowid }),
  };
  return { rowResult: { case: 'row', value } };
}

function toColumn({ name, decltype }: Col): MessageInitShape<typeof ColumnSchema> {
  return { name: name ?? '', ...(decltype === null ? {} : { decltype }) };
}

function toError({ message, code }: HranaError): MessageInitShape<typeof ErrorSchema> {
  const kind = code === 'TRANSACTION_TIMEOUT' ? TIMEOUT : code === 'SQLITE_BUSY' ? BUSY : SQL_ERROR;
  return { code: kind, message, extendedCode: code.startsWith('SQLITE_CONSTRAINT') ? 19 : 1 };
}

function toStep({ cond, query }: Step): Batch['steps'][number] {
  return { condition: cond === undefined ? null : toCondition(cond), stmt: toStmt(query) };
}

function toStmt(query: Query | undefined): Stmt {
  const params = query?.params;
  const values = (params?.value?.values ?? []).map(({ data }) => decodeValue(data));
  return {
    source: { sql: query?.stmt ?? '' },
    args: params?.case === 'positional' ? values : [],
    namedArgs:
      params?.case === 'named' ? params.value.names.map((name, index) => ({ name, value: values[index] ?? null })) : [],
    wantRows: query?.skipRows !== true,
  };
}

function toCondition({ cond }: Cond): BatchCond {
  switch (cond.case) {
    case 'ok':
      return { type: 'ok', step: Number(cond.value.step) };
    case 'err':
      return { type: 'error', step: Number(cond.value.step) };
    case 'not':
      if (cond.value.cond !== undefined) {
        return { type: 'not', cond: toCondition(cond.value.cond) };
      }
      break;
    case 'and':
      return { type: 'and', conds: cond.value.conds.map(toCondition) };
    case 'or':
      return { type: 'or', conds: cond.value.conds.map(toCondition) };
    case 'isAutocommit':
      return { type: 'is_autocommit' };
    case undefined:
      break;
  }
  throw new SkerryError('PROTOCOL_VIOLATED', { problem: 'a step has an empty condition' });
}
