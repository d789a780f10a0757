/**
 * What a response holds → Protobuf messages of the library.
 *
 * @module
 */
import { create } from '@bufbuild/protobuf';

import {
  type BatchResult as WireBatchResult,
  BatchResultSchema,
  type Col as WireCol,
  ColSchema,
  type CursorEntry as WireCursorEntry,
  CursorEntrySchema,
  type DescribeResult as WireDescribeResult,
  DescribeResultSchema,
  type Error as WireError,
  ErrorSchema,
  ReplicationIndexSchema,
  type Row as WireRow,
  RowSchema,
  StepBeginEntrySchema,
  StepEndEntrySchema,
  StepErrorEntrySchema,
  type StmtResult as WireStmtResult,
  StmtResultSchema,
  type Value as WireValue,
  Value_NullSchema,
  ValueSchema,
} from '../gen/hrana/shared_pb.ts';
import type { BatchResult, Col, CursorEntry, DescribeResult, HranaError, StmtResult, Value } from './proto.ts';

export function encodeError(error: HranaError): WireError {
  return create(ErrorSchema, { message: error.message, code: error.code });
}

export function encodeStmtResult(result: StmtResult): WireStmtResult {
  return create(StmtResultSchema, {
    cols: result.cols.map(encodeCol),
    rows: result.rows.map(encodeRow),
    affectedRowCount: BigInt(result.affectedRowCount),
    lastInsertRowid: result.lastInsertRowid ?? undefined,
    replicationIndex: result.replicationIndex ?? undefined,
    rowsRead: BigInt(result.rowsRead),
    rowsWritten: BigInt(result.rowsWritten),
    queryDurationMs: result.queryDurationMs,
  });
}

function encodeCol(col: Col): WireCol {
  return create(ColSchema, { name: col.name ?? undefined, decltype: col.decltype ?? undefined });
}

function encodeRow(row: readonly Value[]): WireRow {
  return create(RowSchema, { values: row.map(encodeValue) });
}

/** Skipped steps are absent, so a client sees only as many steps as the last one that ran. */
export function encodeBatchResult(result: BatchResult): WireBatchResult {
  const message = create(BatchResultSchema);
  for (const [index, step] of result.stepResults.entries()) {
    if (step !== null) {
      message.stepResults[index] = encodeStmtResult(step);
    }
  }
  for (const [index, error] of result.stepErrors.entries()) {
    if (error !== null) {
      message.stepErrors[index] = encodeError(error);
    }
  }
  return message;
}

export function encodeDescribeResult(result: DescribeResult): WireDescribeResult {
  return create(DescribeResultSchema, {
    params: result.params.map(({ name }) => ({ name: name ?? undefined })),
    cols: result.cols.map(({ name, decltype }) => ({ name: name ?? '', decltype: decltype ?? undefined })),
    isExplain: result.isExplain,
    isReadonly: result.isReadonly,
  });
}

export function encodeCursorEntry(entry: CursorEntry): WireCursorEntry {
  return create(CursorEntrySchema, { entry: encodeEntry(entry) });
}

function encodeEntry(entry: CursorEntry): WireCursorEntry['entry'] {
  switch (entry.type) {
    case 'row':
      return { case: 'row', value: encodeRow(entry.row) };
    case 'step_begin':
      return {
        case: 'stepBegin',
        value: create(StepBeginEntrySchema, { step: entry.step, cols: entry.cols.map(encodeCol) }),
      };
    case 'step_end':
      return {
        case: 'stepEnd',
        value: create(StepEndEntrySchema, {
          affectedRowCount: BigInt(entry.affectedRowCount),
          lastInsertRowid: entry.lastInsertRowid ?? undefined,
        }),
      };
    case 'step_error':
      return {
        case: 'stepError',
        value: create(StepErrorEntrySchema, { step: entry.step, error: encodeError(entry.error) }),
      };
    case 'error':
      return { case: 'error', value: encodeError(entry.error) };
    case 'replication_index':
      return {
        case: 'replicationIndex',
        value: create(ReplicationIndexSchema, { value: entry.replicationIndex ?? undefined }),
      };
  }
}

/** Floats are exact here, infinities included; NaN cannot come out of SQLite, which has NULL instead. */
export function encodeValue(value: Value): WireValue {
  const message = create(ValueSchema);
  message.value = encodeValueCase(value);
  return message;
}

function encodeValueCase(value: Value): WireValue['value'] {
  if (typeof value === 'string') {
    return { case: 'text', value };
  }
  if (typeof value === 'bigint') {
    return { case: 'integer', value };
  }
  if (typeof value === 'number' && !Number.isNaN(value)) {
    return { case: 'float', value };
  }
  if (value instanceof Uint8Array) {
    return { case: 'blob', value };
  }
  return { case: 'null', value: create(Value_NullSchema) };
}
