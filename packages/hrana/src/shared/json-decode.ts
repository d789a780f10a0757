/**
 * JSON → what a request holds. Source: Hrana 3 specification, "Shared structures".
 *
 * @module
 */
import {
  asObject,
  type JsonObject,
  malformed,
  readArray,
  readBase64,
  readInt64Text,
  readNumber,
  readObject,
  readOptionalArray,
  readOptionalBoolean,
  readOptionalInt32,
  readOptionalObject,
  readOptionalString,
  readString,
  readUint32,
} from '../json/read.ts';
import { checkCondition, chooseSqlSource } from './checks.ts';
import { MAX_ARGS, MAX_CONDITION_DEPTH, MAX_STEPS } from './limits.ts';
import type { Batch, BatchCond, BatchStep, NamedArg, SqlSource, Stmt, Value } from './proto.ts';
import type { Features } from './version.ts';

export function decodeStmt(from: JsonObject, features: Features): Stmt {
  return {
    source: decodeSqlSource(from, features),
    args: readOptionalArray(from, 'args', MAX_ARGS).map(decodeValue),
    namedArgs: readOptionalArray(from, 'named_args', MAX_ARGS).map(decodeNamedArg),
    wantRows: readOptionalBoolean(from, 'want_rows', true),
  };
}

export function decodeSqlSource(from: JsonObject, features: Features): SqlSource {
  return chooseSqlSource(readOptionalString(from, 'sql'), readOptionalInt32(from, 'sql_id'), features);
}

function decodeNamedArg(json: unknown): NamedArg {
  const from = asObject(json, 'named argument');
  return { name: readString(from, 'name'), value: decodeValue(from['value']) };
}

export function decodeBatch(from: JsonObject, features: Features): Batch {
  return {
    steps: readArray(from, 'steps', MAX_STEPS).map((json, index) => decodeBatchStep(json, index, features)),
  };
}

function decodeBatchStep(json: unknown, index: number, features: Features): BatchStep {
  const from = asObject(json, 'step');
  const condition = readOptionalObject(from, 'condition');
  return {
    condition: condition === null ? null : checkCondition(decodeBatchCond(condition, 1), index, features),
    stmt: decodeStmt(readObject(from, 'stmt'), features),
  };
}

function decodeBatchCond(from: JsonObject, depth: number): BatchCond {
  if (depth > MAX_CONDITION_DEPTH) {
    throw malformed('conditions nest too deep');
  }
  const type = readString(from, 'type');
  switch (type) {
    case 'ok':
    case 'error':
      return { type, step: readUint32(from, 'step') };
    case 'not':
      return { type, cond: decodeBatchCond(readObject(from, 'cond'), depth + 1) };
    case 'and':
    case 'or':
      return {
        type,
        conds: readArray(from, 'conds', MAX_STEPS).map((cond) => decodeBatchCond(asObject(cond, 'cond'), depth + 1)),
      };
    case 'is_autocommit':
      return { type };
    default:
      throw malformed(`unknown condition: ${type}`);
  }
}

/**
 * An integer is a decimal string, never a JSON number; a float is a JSON number, which may look like an integer
 * (JavaScript writes 1.0 as 1) and may be too large for 64 bits (`9.0e+999` is Infinity, as the encoder writes it).
 */
export function decodeValue(json: unknown): Value {
  const from = asObject(json, 'value');
  const type = readString(from, 'type');
  switch (type) {
    case 'null':
      return null;
    case 'integer':
      return readInt64Text(from, 'value');
    case 'float':
      return readNumber(from, 'value');
    case 'text':
      return readString(from, 'value');
    case 'blob':
      return readBase64(from, 'base64');
    default:
      throw malformed(`unknown type of value: ${type}`);
  }
}
