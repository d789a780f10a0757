/**
 * Reads untrusted JSON field by field. Knows nothing of Hrana but the words of its error.
 *
 * `JSON.parse` does not recurse, so a deep message cannot exhaust the stack here; fields that nobody asks for are
 * ignored however they look. An optional field may be absent or null, which Rust's clients send for what is not set.
 *
 * @module
 */
import { HranaDecodeError } from '../shared/errors.ts';
import { isInt32, isInt64, isUint32, isUint64, parseDecimal } from '../shared/integers.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads one whole message with `read`. Bytes have to be UTF-8. Whatever cannot be read ends in a HranaDecodeError whose
 * text is sqld's when the message is a client's.
 */
export function readMessage<T>(
  data: Uint8Array | string,
  sender: 'client' | 'server',
  read: (from: JsonObject) => T,
): T {
  try {
    return read(asObject(parse(data), 'message'));
  } catch (error) {
    if (error instanceof HranaDecodeError && error.kind === 'malformed') {
      throw malformed(`Cannot deserialize ${sender} message from JSON: ${error.message}`);
    }
    throw error;
  }
}

function parse(data: Uint8Array | string): unknown {
  try {
    return JSON.parse(typeof data === 'string' ? data : utf8.decode(data));
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'not JSON');
  }
}

/** Only the reason: `readMessage` puts before it what was being read. */
export function malformed(reason: string): HranaDecodeError {
  return new HranaDecodeError('malformed', reason);
}

export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(`expected an object: ${what}`);
  }
  return value as JsonObject;
}

export function readObject(from: JsonObject, key: string): JsonObject {
  return asObject(from[key], key);
}

export function readOptionalObject(from: JsonObject, key: string): JsonObject | null {
  const value = from[key];
  return value === undefined || value === null ? null : asObject(value, key);
}

export function readArray(from: JsonObject, key: string, maxLength: number): readonly unknown[] {
  const value = from[key];
  if (!Array.isArray(value)) {
    throw malformed(`expected an array: ${key}`);
  }
  if (value.length > maxLength) {
    throw malformed(`more than ${maxLength} items: ${key}`);
  }
  return value;
}

export function readOptionalArray(from: JsonObject, key: string, maxLength: number): readonly unknown[] {
  const value = from[key];
  return value === undefined || value === null ? [] : readArray(from, key, maxLength);
}

/**
 * A lone surrogate (`"\ud800"`) is refused: it has no UTF-8 form, so SQLite could only store something else than the
 * client sent.
 */
export function readString(from: JsonObject, key: string): string {
  const value = from[key];
  if (typeof value !== 'string') {
    throw malformed(`expected a string: ${key}`);
  }
  if (!value.isWellFormed()) {
    throw malformed(`lone surrogate in a string: ${key}`);
  }
  return value;
}

export function readOptionalString(from: JsonObject, key: string): string | null {
  const value = from[key];
  return value === undefined || value === null ? null : readString(from, key);
}

export function readBoolean(from: JsonObject, key: string): boolean {
  const value = from[key];
  if (typeof value !== 'boolean') {
    throw malformed(`expected a boolean: ${key}`);
  }
  return value;
}

export function readOptionalBoolean(from: JsonObject, key: string, absent: boolean): boolean {
  const value = from[key];
  return value === undefined || value === null ? absent : readBoolean(from, key);
}

export function readNumber(from: JsonObject, key: string): number {
  const value = from[key];
  if (typeof value !== 'number') {
    throw malformed(`expected a number: ${key}`);
  }
  return value;
}

export function readInt32(from: JsonObject, key: string): number {
  const value = from[key];
  if (!isInt32(value)) {
    throw malformed(`expected a 32-bit integer: ${key}`);
  }
  return value;
}

export function readOptionalInt32(from: JsonObject, key: string): number | null {
  const value = from[key];
  return value === undefined || value === null ? null : readInt32(from, key);
}

export function readUint32(from: JsonObject, key: string): number {
  const value = from[key];
  if (!isUint32(value)) {
    throw malformed(`expected an unsigned 32-bit integer: ${key}`);
  }
  return value;
}

/** A 64-bit integer is a decimal string in Hrana's JSON, because many JSON parsers keep only 53 bits of a number. */
export function readInt64Text(from: JsonObject, key: string): bigint {
  const value = from[key];
  const integer = typeof value === 'string' ? parseDecimal(value) : undefined;
  if (integer === undefined || !isInt64(integer)) {
    throw malformed(`expected a 64-bit integer as a decimal string: ${key}`);
  }
  return integer;
}

export function readOptionalInt64Text(from: JsonObject, key: string): bigint | null {
  const value = from[key];
  return value === undefined || value === null ? null : readInt64Text(from, key);
}

export function readOptionalUint64Text(from: JsonObject, key: string): bigint | null {
  const value = from[key];
  if (value === undefined || value === null) {
    return null;
  }
  const integer = typeof value === 'string' ? parseDecimal(value) : undefined;
  if (integer === undefined || !isUint64(integer)) {
    throw malformed(`expected an unsigned 64-bit integer as a decimal string: ${key}`);
  }
  return integer;
}

/** Base64 of the standard alphabet, padded or not. */
export function readBase64(from: JsonObject, key: string): Uint8Array {
  const text = readString(from, key);
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    throw malformed(`expected base64: ${key}`);
  }
}
