import { SkerryError } from '@skerry/contract/errors/catalogue';
/**
 * Values as libSQL's proxy protocol carries them: what Rust's bincode makes of its `Value`. A tag in four bytes, then the
 * value; everything is little-endian.
 *
 * @module
 */
import type { Value } from '@skerry/hrana/shared/proto';

const NULL = 0;
const INTEGER = 1;
const REAL = 2;
const TEXT = 3;
const BLOB = 4;

/** @throws {SkerryError} PROTOCOL_VIOLATED */
export function decodeValue(data: Uint8Array): Value {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  try {
    switch (bytes.readUInt32LE(0)) {
      case NULL:
        return null;
      case INTEGER:
        return bytes.readBigInt64LE(4);
      case REAL:
        return bytes.readDoubleLE(4);
      case TEXT:
        return content(bytes).toString();
      case BLOB:
        return Uint8Array.from(content(bytes));
    }
  } catch (error) {
    throw new SkerryError('PROTOCOL_VIOLATED', { problem: 'a value is cut off' }, { cause: error });
  }
  throw new SkerryError('PROTOCOL_VIOLATED', { problem: 'a value has an unknown type' });
}

export function encodeValue(value: Value): Uint8Array {
  if (value === null) {
    return tagged(NULL, 0);
  }
  if (typeof value === 'bigint') {
    const bytes = tagged(INTEGER, 8);
    bytes.writeBigInt64LE(value, 4);
    return bytes;
  }
  if (typeof value === 'number') {
    const bytes = tagged(REAL, 8);
    bytes.writeDoubleLE(value, 4);
    return bytes;
  }
  const held = typeof value === 'string' ? Buffer.from(value) : value;
  const head = tagged(typeof value === 'string' ? TEXT : BLOB, 8);
  head.writeBigUInt64LE(BigInt(held.length), 4);
  return Buffer.concat([head, held]);
}

function tagged(tag: number, moreBytes: number): Buffer {
  const bytes = Buffer.alloc(4 + moreBytes);
  bytes.writeUInt32LE(tag, 0);
  return bytes;
}

function content(bytes: Buffer): Buffer {
  const length = Number(bytes.readBigUInt64LE(4));
  if (bytes.length < 12 + length) {
    throw new RangeError('shorter than its length');
  }
  return bytes.subarray(12, 12 + length);
}
