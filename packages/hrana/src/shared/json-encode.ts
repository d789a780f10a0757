/**
 * What a response holds → JSON. Every key is always present and in the order that sqld writes it.
 *
 * Text is put together directly: results are the hottest messages there are, and this takes about two thirds of the time
 * of building plain objects for `JSON.stringify`. `+=` on one text is what makes it fast; `map` and `join` lose all of it.
 *
 * @module
 */
import type { BatchResult, Col, CursorEntry, DescribeResult, HranaError, StmtResult, Value } from './proto.ts';

export function encodeError(error: HranaError): string {
  return `{"message":${quote(error.message)},"code":${quote(error.code)}}`;
}

/**
 * How infinite floats are written, for which JSON has no word. `number`: as `±9.0e+999`, which is what SQLite's own JSON
 * functions write: JavaScript and Python read it back exactly, and no client can take it for a finite number. (sqld writes
 * `null`, on which the official JavaScript client gives up the whole response.)
 */
export type Infinities = 'number' | 'null';

export function encodeStmtResult(result: StmtResult, infinities: Infinities = 'number'): string {
  return (
    `{"cols":${encodeCols(result.cols)},"rows":[${encodeRows(result.rows, infinities)}],` +
    `"affected_row_count":${result.affectedRowCount},` +
    `"last_insert_rowid":${encodeInteger(result.lastInsertRowid)},` +
    `"replication_index":${encodeInteger(result.replicationIndex)},` +
    `"rows_read":${result.rowsRead},"rows_written":${result.rowsWritten},` +
    `"query_duration_ms":${encodeFloat(result.queryDurationMs)}}`
  );
}

/** Columns of a statement that is kept are the same list each time it is run. */
const knownCols = new WeakMap<readonly Col[], string>();

function encodeCols(cols: readonly Col[]): string {
  let text = knownCols.get(cols);
  if (text === undefined) {
    text = `[${cols.map((col) => `{"name":${quote(col.name)},"decltype":${quote(col.decltype)}}`).join(',')}]`;
    knownCols.set(cols, text);
  }
  return text;
}

function encodeRows(rows: readonly (readonly Value[])[], infinities: Infinities): string {
  let text = '';
  for (const row of rows) {
    text += text === '' ? '[' : ',[';
    let isFirst = true;
    for (const value of row) {
      if (!isFirst) {
        text += ',';
      }
      isFirst = false;
      text = appendValue(text, value, infinities);
    }
    text += ']';
  }
  return text;
}

export function encodeBatchResult(result: BatchResult, infinities: Infinities = 'number'): string {
  const results = result.stepResults.map((step) => (step === null ? 'null' : encodeStmtResult(step, infinities)));
  const errors = result.stepErrors.map((step) => (step === null ? 'null' : encodeError(step)));
  return (
    `{"step_results":[${results.join(',')}],"step_errors":[${errors.join(',')}],` +
    `"replication_index":${encodeInteger(result.replicationIndex)}}`
  );
}

export function encodeDescribeResult(result: DescribeResult): string {
  const params = result.params.map((param) => `{"name":${quote(param.name)}}`);
  return (
    `{"params":[${params.join(',')}],"cols":${encodeCols(result.cols)},` +
    `"is_explain":${result.isExplain},"is_readonly":${result.isReadonly}}`
  );
}

/**
 * `last_insert_rowid` is a string, as specified: sqld writes a number here, which the official JavaScript client
 * refuses.
 */
export function encodeCursorEntry(entry: CursorEntry, infinities: Infinities = 'number'): string {
  switch (entry.type) {
    case 'row':
      return `{"type":"row","row":${encodeRows([entry.row], infinities)}}`;
    case 'step_begin':
      return `{"type":"step_begin","step":${entry.step},"cols":${encodeCols(entry.cols)}}`;
    case 'step_end':
      return (
        `{"type":"step_end","affected_row_count":${entry.affectedRowCount},` +
        `"last_insert_rowid":${encodeInteger(entry.lastInsertRowid)}}`
      );
    case 'step_error':
      return `{"type":"step_error","step":${entry.step},"error":${encodeError(entry.error)}}`;
    case 'error':
      return `{"type":"error","error":${encodeError(entry.error)}}`;
    case 'replication_index':
      return `{"type":"replication_index","replication_index":${encodeInteger(entry.replicationIndex)}}`;
  }
}

export function encodeValue(value: Value): string {
  return appendValue('', value, 'number');
}

/** What must be escaped in a JSON string, or might have to be. */
// oxlint-disable-next-line no-control-regex
const SPECIAL = /[\u0000-\u001f"\\\ud800-\udfff]/;

/** NaN cannot come out of SQLite, which has NULL instead, so it is written as NULL. */
function appendValue(text: string, value: Value, infinities: Infinities): string {
  if (typeof value === 'string') {
    return SPECIAL.test(value)
      ? `${text}{"type":"text","value":${JSON.stringify(value)}}`
      : `${text}{"type":"text","value":"${value}"}`;
  }
  if (typeof value === 'bigint') {
    return `${text}{"type":"integer","value":"${digitsOf(value)}"}`;
  }
  if (typeof value === 'number' && !Number.isNaN(value)) {
    return `${text}{"type":"float","value":${encodeFloat(value, infinities)}}`;
  }
  return value instanceof Uint8Array
    ? `${text}{"type":"blob","base64":"${encodeBase64(value)}"}`
    : `${text}{"type":"null"}`;
}

/** Of a number they are found in less than half the time. */
function digitsOf(value: bigint): string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? String(number) : String(value);
}

/** Always with a point or an exponent: Python's JSON parser makes an int of `1` and a float of `1.0`. */
function encodeFloat(value: number, infinities: Infinities = 'number'): string {
  if (Number.isInteger(value)) {
    const digits = Object.is(value, -0) ? '-0' : String(value);
    return digits.includes('e') ? digits : `${digits}.0`;
  }
  if (Number.isFinite(value)) {
    return String(value);
  }
  return infinities === 'null' ? 'null' : value > 0 ? '9.0e+999' : '-9.0e+999';
}

/** Without padding, because Turso's Go client refuses padding. `Buffer` is several times as fast as `toBase64`. */
function encodeBase64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  const padding = (3 - (bytes.byteLength % 3)) % 3;
  return padding === 0 ? text : text.slice(0, -padding);
}

function encodeInteger(value: bigint | null): string {
  return value === null ? 'null' : `"${value}"`;
}

/** A JSON string or null. */
export function quote(text: string | null): string {
  return JSON.stringify(text);
}
