/**
 * The client's half of the shared structures in Protobuf: what a request holds is encoded, what a response holds
 * decoded.
 *
 * @module
 */
import { create } from '@bufbuild/protobuf';

import {
  type Batch as WireBatch,
  type BatchCond as WireBatchCond,
  BatchCond_CondListSchema,
  BatchCond_IsAutocommitSchema,
  BatchCondSchema,
  type BatchResult as WireBatchResult,
  BatchSchema,
  BatchStepSchema,
  type Col as WireCol,
  type CursorEntry as WireCursorEntry,
  type DescribeResult as WireDescribeResult,
  type Error as WireError,
  type Row as WireRow,
  type Stmt as WireStmt,
  type StmtResult as WireStmtResult,
  StmtSchema,
} from '../gen/hrana/shared_pb.ts';
import { limit, malformed, unrecognized } from '../protobuf/read.ts';
import { MAX_ARGS, MAX_ROW_VALUES, MAX_ROWS, MAX_STEPS } from './limits.ts';
import type {
  Batch,
  BatchCond,
  BatchResult,
  Col,
  CursorEntry,
  DescribeResult,
  HranaError,
  Stmt,
  StmtResult,
  Value,
} from './proto.ts';
import { decodeValue } from './protobuf-decode.ts';
import { encodeValue } from './protobuf-encode.ts';

export function encodeStmt(stmt: Stmt): WireStmt {
  return create(StmtSchema, {
    ...stmt.source,
    args: stmt.args.map(encodeValue),
    namedArgs: stmt.namedArgs.map(({ name, value }) => ({ name, value: encodeValue(value) })),
    wantRows: stmt.wantRows,
  });
}

export function encodeBatch(batch: Batch): WireBatch {
  return create(BatchSchema, {
    steps: batch.steps.map(({ condition, stmt }) =>
      create(BatchStepSchema, {
        condition: condition === null ? undefined : encodeBatchCond(condition),
        stmt: encodeStmt(stmt),
      }),
    ),
  });
}

function encodeBatchCond(cond: BatchCond): WireBatchCond {
  return create(BatchCondSchema, { cond: encodeCond(cond) });
}

function encodeCond(cond: BatchCond): WireBatchCond['cond'] {
  switch (cond.type) {
    case 'ok':
      return { case: 'stepOk', value: cond.step };
    case 'error':
      return { case: 'stepError', value: cond.step };
    case 'not':
      return { case: 'not', value: encodeBatchCond(cond.cond) };
    case 'and':
    case 'or':
      return { case: cond.type, value: create(BatchCond_CondListSchema, { conds: cond.conds.map(encodeBatchCond) }) };
    case 'is_autocommit':
      return { case: 'isAutocommit', value: create(BatchCond_IsAutocommitSchema) };
  }
}

export function decodeError(from: WireError | undefined): HranaError {
  return { message: from?.message ?? '', code: from?.code ?? '' };
}

export function decodeStmtResult(from: WireStmtResult | undefined): StmtResult {
  return {
    cols: decodeCols(from?.cols ?? []),
    rows: limit(from?.rows ?? [], MAX_ROWS, 'rows').map(decodeRow),
    affectedRowCount: Number(from?.affectedRowCount ?? 0n),
    lastInsertRowid: from?.lastInsertRowid ?? null,
    replicationIndex: from?.replicationIndex ?? null,
    rowsRead: Number(from?.rowsRead ?? 0n),
    rowsWritten: Number(from?.rowsWritten ?? 0n),
    queryDurationMs: from?.queryDurationMs ?? 0,
  };
}

function decodeCols(cols: readonly WireCol[]): readonly Col[] {
  return limit(cols, MAX_ROW_VALUES, 'cols').map(({ name, decltype }) => ({
    name: name ?? null,
    decltype: decltype ?? null,
  }));
}

function decodeRow(row: WireRow): readonly Value[] {
  return limit(row.values, MAX_ROW_VALUES, 'row').map(decodeValue);
}

/**
 * The wire does not say how many steps there were: steps that were skipped after the last one that ran are missing from
 * the result. A client knows the number from its request.
 */
export function decodeBatchResult(from: WireBatchResult | undefined): BatchResult {
  const results = from?.stepResults ?? {};
  const errors = from?.stepErrors ?? {};
  const indexes = [...Object.keys(results), ...Object.keys(errors)].map(Number);
  const count = indexes.reduce((most, index) => Math.max(most, index + 1), 0);
  if (count > MAX_STEPS) {
    throw malformed(`more than ${MAX_STEPS} items: steps`);
  }
  const steps = Array.from({ length: count }, (_, index) => index);
  return {
    stepResults: steps.map((index) => (results[index] === undefined ? null : decodeStmtResult(results[index]))),
    stepErrors: steps.map((index) => (errors[index] === undefined ? null : decodeError(errors[index]))),
    replicationIndex: null,
  };
}

export function decodeDescribeResult(from: WireDescribeResult | undefined): DescribeResult {
  return {
    params: limit(from?.params ?? [], MAX_ARGS, 'params').map(({ name }) => ({ name: name ?? null })),
    cols: limit(from?.cols ?? [], MAX_ROW_VALUES, 'cols').map(({ name, decltype }) => ({
      name,
      decltype: decltype ?? null,
    })),
    isExplain: from?.isExplain ?? false,
    isReadonly: from?.isReadonly ?? false,
  };
}

export function decodeCursorEntry({ entry }: WireCursorEntry): CursorEntry {
  switch (entry.case) {
    case 'stepBegin':
      return { type: 'step_begin', step: entry.value.step, cols: decodeCols(entry.value.cols) };
    case 'row':
      return { type: 'row', row: decodeRow(entry.value) };
    case 'stepEnd':
      return {
        type: 'step_end',
        affectedRowCount: Number(entry.value.affectedRowCount),
        lastInsertRowid: entry.value.lastInsertRowid ?? null,
      };
    case 'stepError':
      return { type: 'step_error', step: entry.value.step, error: decodeError(entry.value.error) };
    case 'error':
      return { type: 'error', error: decodeError(entry.value) };
    case 'replicationIndex':
      return { type: 'replication_index', replicationIndex: entry.value.value ?? null };
    case undefined:
      throw unrecognized('CursorEntry');
  }
}
