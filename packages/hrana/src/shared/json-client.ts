/**
 * The client's half of the shared structures in JSON: what a request holds is encoded, what a response holds decoded.
 *
 * @module
 */
import {
  asObject,
  type JsonObject,
  malformed,
  readArray,
  readBoolean,
  readNumber,
  readObject,
  readOptionalArray,
  readOptionalInt64Text,
  readOptionalString,
  readOptionalUint64Text,
  readString,
  readUint32,
} from '../json/read.ts';
import { decodeValue } from './json-decode.ts';
import { encodeValue, quote } from './json-encode.ts';
import { MAX_ARGS, MAX_ROW_VALUES, MAX_ROWS, MAX_STEPS } from './limits.ts';
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
} from './proto.ts';

export function encodeStmt(stmt: Stmt): string {
  const namedArgs = stmt.namedArgs.map(({ name, value }) => `{"name":${quote(name)},"value":${encodeValue(value)}}`);
  return (
    `{${encodeSqlSource(stmt.source)},"args":[${stmt.args.map(encodeValue).join(',')}],` +
    `"named_args":[${namedArgs.join(',')}],"want_rows":${stmt.wantRows}}`
  );
}

/** One field, for use within an object. */
export function encodeSqlSource(source: SqlSource): string {
  return source.sql === undefined ? `"sql_id":${source.sqlId}` : `"sql":${quote(source.sql)}`;
}

export function encodeBatch(batch: Batch): string {
  const steps = batch.steps.map(
    ({ condition, stmt }) =>
      `{${condition === null ? '' : `"condition":${encodeBatchCond(condition)},`}"stmt":${encodeStmt(stmt)}}`,
  );
  return `{"steps":[${steps.join(',')}]}`;
}

function encodeBatchCond(cond: BatchCond): string {
  switch (cond.type) {
    case 'ok':
    case 'error':
      return `{"type":"${cond.type}","step":${cond.step}}`;
    case 'not':
      return `{"type":"not","cond":${encodeBatchCond(cond.cond)}}`;
    case 'and':
    case 'or':
      return `{"type":"${cond.type}","conds":[${cond.conds.map(encodeBatchCond).join(',')}]}`;
    case 'is_autocommit':
      return '{"type":"is_autocommit"}';
  }
}

export function decodeError(from: JsonObject): HranaError {
  return { message: readString(from, 'message'), code: readOptionalString(from, 'code') ?? '' };
}

/** Counts that older servers do not send are 0. */
export function decodeStmtResult(from: JsonObject): StmtResult {
  return {
    cols: decodeCols(from),
    rows: readArray(from, 'rows', MAX_ROWS).map(decodeRow),
    affectedRowCount: readNumber(from, 'affected_row_count'),
    lastInsertRowid: readOptionalInt64Text(from, 'last_insert_rowid'),
    replicationIndex: readOptionalUint64Text(from, 'replication_index'),
    rowsRead: readNumberOr0(from, 'rows_read'),
    rowsWritten: readNumberOr0(from, 'rows_written'),
    queryDurationMs: readNumberOr0(from, 'query_duration_ms'),
  };
}

function readNumberOr0(from: JsonObject, key: string): number {
  return from[key] === undefined ? 0 : readNumber(from, key);
}

function decodeCols(from: JsonObject): readonly Col[] {
  return readArray(from, 'cols', MAX_ROW_VALUES).map((json) => {
    const col = asObject(json, 'col');
    return { name: readOptionalString(col, 'name'), decltype: readOptionalString(col, 'decltype') };
  });
}

function decodeRow(json: unknown): readonly Value[] {
  if (!Array.isArray(json) || json.length > MAX_ROW_VALUES) {
    throw malformed('expected an array of values: row');
  }
  return json.map(decodeValue);
}

export function decodeBatchResult(from: JsonObject): BatchResult {
  return {
    stepResults: readArray(from, 'step_results', MAX_STEPS).map((json) =>
      json === null ? null : decodeStmtResult(asObject(json, 'step_results')),
    ),
    stepErrors: readArray(from, 'step_errors', MAX_STEPS).map((json) =>
      json === null ? null : decodeError(asObject(json, 'step_errors')),
    ),
    replicationIndex: readOptionalUint64Text(from, 'replication_index'),
  };
}

export function decodeDescribeResult(from: JsonObject): DescribeResult {
  return {
    params: readOptionalArray(from, 'params', MAX_ARGS).map((json) => ({
      name: readOptionalString(asObject(json, 'param'), 'name'),
    })),
    cols: decodeCols(from),
    isExplain: readBoolean(from, 'is_explain'),
    isReadonly: readBoolean(from, 'is_readonly'),
  };
}

export function decodeCursorEntry(from: JsonObject): CursorEntry {
  const type = readString(from, 'type');
  switch (type) {
    case 'step_begin':
      return { type, step: readUint32(from, 'step'), cols: decodeCols(from) };
    case 'row':
      return { type, row: decodeRow(from['row']) };
    case 'step_end':
      return {
        type,
        affectedRowCount: readNumber(from, 'affected_row_count'),
        lastInsertRowid: readOptionalInt64Text(from, 'last_insert_rowid'),
      };
    case 'step_error':
      return { type, step: readUint32(from, 'step'), error: decodeError(readObject(from, 'error')) };
    case 'error':
      return { type, error: decodeError(readObject(from, 'error')) };
    case 'replication_index':
      return { type, replicationIndex: readOptionalUint64Text(from, 'replication_index') };
    default:
      throw malformed(`unknown cursor entry: ${type}`);
  }
}
