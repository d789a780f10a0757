/**
 * Protobuf → what a request holds. The library checks bounds, depth and UTF-8 of what it reads; what the schema cannot
 * say is checked here.
 *
 * A message that is absent counts as an empty one, as everywhere in proto3.
 *
 * @module
 */
import type {
  Batch as WireBatch,
  BatchCond as WireBatchCond,
  BatchStep as WireBatchStep,
  NamedArg as WireNamedArg,
  Stmt as WireStmt,
  Value as WireValue,
} from '../gen/hrana/shared_pb.ts';
import { limit, malformed, unrecognized } from '../protobuf/read.ts';
import { checkCondition, chooseSqlSource } from './checks.ts';
import { MAX_ARGS, MAX_CONDITION_DEPTH, MAX_STEPS } from './limits.ts';
import type { Batch, BatchCond, BatchStep, NamedArg, SqlSource, Stmt, Value } from './proto.ts';
import type { Features } from './version.ts';

/** Protobuf came with version 3, so every message in it is of that version. */
const FEATURES: Features = { sqlId: true, autocommit: true };

export function decodeStmt(from: WireStmt | undefined): Stmt {
  return {
    source: decodeSqlSource(from ?? {}),
    args: limit(from?.args ?? [], MAX_ARGS, 'args').map(decodeValue),
    namedArgs: limit(from?.namedArgs ?? [], MAX_ARGS, 'named_args').map(decodeNamedArg),
    wantRows: from?.wantRows ?? true,
  };
}

export function decodeSqlSource(from: { sql?: string | undefined; sqlId?: number | undefined }): SqlSource {
  return chooseSqlSource(from.sql ?? null, from.sqlId ?? null, FEATURES);
}

function decodeNamedArg(from: WireNamedArg): NamedArg {
  return { name: from.name, value: decodeValue(from.value) };
}

export function decodeBatch(from: WireBatch | undefined): Batch {
  return { steps: limit(from?.steps ?? [], MAX_STEPS, 'steps').map(decodeBatchStep) };
}

function decodeBatchStep(from: WireBatchStep, index: number): BatchStep {
  return {
    condition:
      from.condition === undefined ? null : checkCondition(decodeBatchCond(from.condition, 1), index, FEATURES),
    stmt: decodeStmt(from.stmt),
  };
}

function decodeBatchCond({ cond }: WireBatchCond, depth: number): BatchCond {
  if (depth > MAX_CONDITION_DEPTH) {
    throw malformed('conditions nest too deep');
  }
  switch (cond.case) {
    case 'stepOk':
      return { type: 'ok', step: cond.value };
    case 'stepError':
      return { type: 'error', step: cond.value };
    case 'not':
      return { type: 'not', cond: decodeBatchCond(cond.value, depth + 1) };
    case 'and':
    case 'or':
      return {
        type: cond.case,
        conds: limit(cond.value.conds, MAX_STEPS, 'conds').map((part) => decodeBatchCond(part, depth + 1)),
      };
    case 'isAutocommit':
      return { type: 'is_autocommit' };
    case undefined:
      throw unrecognized('BatchCond');
  }
}

export function decodeValue(from: WireValue | undefined): Value {
  const value = from?.value;
  switch (value?.case) {
    case 'null':
      return null;
    case 'integer':
    case 'float':
    case 'text':
    case 'blob':
      return value.value;
    case undefined:
      throw unrecognized('Value');
  }
}
