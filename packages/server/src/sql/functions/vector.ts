/**
 * libSQL's vectors: how they are stored, and how they are converted from one type to another.
 *
 * A blob holds the elements; an odd length says that its last byte is the type, else it is FLOAT32:
 *
 * - FLOAT32 (1, `F32_BLOB`), FLOAT64 (2, `F64_BLOB`), FLOAT16 (5), FLOATB16 (6): the elements, little endian
 * - FLOAT1BIT (3): one bit each (1: above zero), a zero byte when that makes the length odd, the number of bits before the
 *   type that are no elements
 * - FLOAT8 (4): one byte each, up to a multiple of four; two FLOAT32 `alpha` and `shift` (element = alpha × byte + shift);
 *   a zero byte; how many of the first bytes are no elements
 *
 * Source: libSQL's `vector.c`, `vectorfloat8.c`, `vectorfloat1bit.c`; checked against libSQL itself (vector.test.ts).
 *
 * @module
 */
import { vectorError } from './vector-error.ts';
import { parseVectorText } from './vector-text.ts';

export const VECTOR_TYPE = { float32: 1, float64: 2, float1bit: 3, float8: 4, float16: 5, floatb16: 6 } as const;
export type VectorType = (typeof VECTOR_TYPE)[keyof typeof VECTOR_TYPE];

export interface Vector {
  readonly type: VectorType;
  /** In the precision of their type. */
  readonly elements: Float32Array | Float64Array;
  /** Of FLOAT8: what its elements are made of. */
  readonly quantized?: Quantized;
}

export interface Quantized {
  readonly bytes: Uint8Array;
  readonly alpha: number;
  readonly shift: number;
}

const { fround } = Math;

/** @throws {SqlError} for anything but a vector, as text or blob */
export function readVector(value: unknown): Vector {
  if (typeof value === 'string') {
    return { type: VECTOR_TYPE.float32, elements: Float32Array.from(parseVectorText(value)) };
  }
  if (value instanceof Uint8Array) {
    return readBlob(value);
  }
  const kind = value === null ? 'NULL' : typeof value === 'bigint' ? 'INTEGER' : 'FLOAT';
  throw vectorError(`vector: unexpected value type: got ${kind}, expected TEXT or BLOB`);
}

/** As `readVector`, but the numbers of a text are taken in the precision of the type. */
export function readVectorAs(value: unknown, type: VectorType): Vector {
  if (typeof value === 'string' && type === VECTOR_TYPE.float64) {
    return { type, elements: Float64Array.from(parseVectorText(value)) };
  }
  return convert(readVector(value), type);
}

function convert(vector: Vector, type: VectorType): Vector {
  if (vector.type === type) {
    return vector;
  }
  const { elements } = vector;
  switch (type) {
    case VECTOR_TYPE.float64:
      return { type, elements: Float64Array.from(elements) };
    case VECTOR_TYPE.float32:
      return { type, elements: Float32Array.from(elements) };
    case VECTOR_TYPE.float16:
      return { type, elements: Float32Array.from(Float16Array.from(Float32Array.from(elements))) };
    case VECTOR_TYPE.floatb16:
      return { type, elements: truncated(Float32Array.from(elements)) };
    case VECTOR_TYPE.float1bit:
      return { type, elements: Float32Array.from(elements, (element) => (element > 0 ? 1 : -1)) };
    case VECTOR_TYPE.float8: {
      const quantized = quantize(Float32Array.from(elements));
      return { type, elements: dequantize(quantized), quantized };
    }
  }
}

/** The upper half of a FLOAT32 is what FLOATB16 keeps. */
function truncated(elements: Float32Array): Float32Array {
  const bits = new Uint32Array(elements.buffer, elements.byteOffset, elements.length);
  return new Float32Array(bits.map((word) => word & 0xffff_0000).buffer);
}

function quantize(elements: Float32Array): Quantized {
  let shift = elements[0] ?? 0;
  let max = shift;
  for (const element of elements) {
    shift = element < shift ? element : shift;
    max = element > max ? element : max;
  }
  const alpha = fround(fround(max - shift) / 255);
  const bytes = Uint8Array.from(elements, (element) => {
    // NaN, when all elements are the same, becomes the byte 0.
    const level = fround(fround(fround(element - shift) / alpha) + 0.5);
    return Math.min(255, Math.max(0, Math.trunc(level)));
  });
  return { bytes, alpha, shift };
}

function dequantize({ bytes, alpha, shift }: Quantized): Float32Array {
  return Float32Array.from(bytes, (byte) => fround(alpha * byte) + shift);
}

function readBlob(blob: Uint8Array): Vector {
  const type = blob.length % 2 === 0 ? VECTOR_TYPE.float32 : (blob.at(-1) ?? 0);
  const data = blob.length % 2 === 0 ? blob : blob.subarray(0, -1);
  switch (type) {
    case VECTOR_TYPE.float32:
      return { type, elements: new Float32Array(aligned(data, type, 4)) };
    case VECTOR_TYPE.float64:
      return { type, elements: new Float64Array(aligned(data, type, 8)) };
    case VECTOR_TYPE.float16:
      return { type, elements: Float32Array.from(new Float16Array(aligned(data, type, 2))) };
    case VECTOR_TYPE.floatb16: {
      const words = Uint32Array.from(new Uint16Array(aligned(data, type, 2)), (word) => word << 16);
      return { type, elements: new Float32Array(words.buffer) };
    }
    case VECTOR_TYPE.float1bit:
      return { type, elements: readBits(data) };
    case VECTOR_TYPE.float8: {
      const quantized = readQuantized(data);
      return { type, elements: dequantize(quantized), quantized };
    }
    default:
      throw vectorError(`vector: unexpected binary type: ${type}`);
  }
}

/** A buffer of whole elements that a typed array can lie on. */
function aligned(data: Uint8Array, type: VectorType, elementBytes: number): ArrayBuffer {
  const rest = data.length % elementBytes;
  if (rest !== 0) {
    throw vectorError(
      `vector: unexpected data part size: type=${type}, dims=${Math.floor(data.length / elementBytes)}, ${data.length} != ${data.length - rest}`,
    );
  }
  const { buffer, byteOffset } = data;
  return buffer instanceof ArrayBuffer && byteOffset === 0 && data.length === buffer.byteLength
    ? buffer
    : Uint8Array.from(data).buffer;
}

function readBits(data: Uint8Array): Float32Array {
  const count = data.length * 8 - (data.at(-1) ?? 0);
  if (data.length === 0 || count < 0 || count > (data.length - 1) * 8) {
    throw vectorError(`vector: unexpected data part size: type=${VECTOR_TYPE.float1bit}, ${data.length} bytes`);
  }
  return Float32Array.from({ length: count }, (_, index) => (((data[index >> 3] ?? 0) >> (index & 7)) & 1 ? 1 : -1));
}

function readQuantized(data: Uint8Array): Quantized {
  const paddedCount = data.length - FLOAT8_TRAILER_BYTES;
  const count = paddedCount - (data.at(-1) ?? 0);
  if (count < 0 || paddedCount % 4 !== 0) {
    throw vectorError(`vector: unexpected data part size: type=${VECTOR_TYPE.float8}, ${data.length} bytes`);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return {
    bytes: data.subarray(0, count),
    alpha: view.getFloat32(paddedCount, true),
    shift: view.getFloat32(paddedCount + 4, true),
  };
}

/** alpha, shift, a zero byte, and the number of bytes that are no elements. */
const FLOAT8_TRAILER_BYTES = 10;

export function writeVector({ type, elements, quantized }: Vector): Uint8Array {
  switch (type) {
    case VECTOR_TYPE.float32:
      return new Uint8Array(Float32Array.from(elements).buffer);
    case VECTOR_TYPE.float64:
      return typed(type, Float64Array.from(elements));
    case VECTOR_TYPE.float16:
      return typed(type, Float16Array.from(elements));
    case VECTOR_TYPE.floatb16: {
      const words = new Uint32Array(Float32Array.from(elements).buffer);
      return typed(
        type,
        Uint16Array.from(words, (word) => word >>> 16),
      );
    }
    case VECTOR_TYPE.float1bit:
      return writeBits(elements);
    case VECTOR_TYPE.float8:
      return writeQuantized(quantized ?? quantize(Float32Array.from(elements)));
  }
}

function typed(type: VectorType, elements: ArrayBufferView): Uint8Array {
  const blob = new Uint8Array(elements.byteLength + 1);
  blob.set(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength));
  blob[elements.byteLength] = type;
  return blob;
}

function writeBits(elements: ArrayLike<number>): Uint8Array {
  const bitBytes = Math.ceil(elements.length / 8);
  const dataBytes = bitBytes % 2 === 0 ? bitBytes + 2 : bitBytes + 1;
  const data = new Uint8Array(dataBytes);
  for (let index = 0; index < elements.length; index += 1) {
    data[index >> 3] = (data[index >> 3] ?? 0) | ((elements[index] ?? 0) > 0 ? 1 << (index & 7) : 0);
  }
  data[dataBytes - 1] = dataBytes * 8 - elements.length;
  return typed(VECTOR_TYPE.float1bit, data);
}

function writeQuantized({ bytes, alpha, shift }: Quantized): Uint8Array {
  const paddedCount = Math.ceil(bytes.length / 4) * 4;
  const data = new Uint8Array(paddedCount + FLOAT8_TRAILER_BYTES);
  data.set(bytes);
  const view = new DataView(data.buffer);
  view.setFloat32(paddedCount, alpha, true);
  view.setFloat32(paddedCount + 4, shift, true);
  data[data.length - 1] = paddedCount - bytes.length;
  return typed(VECTOR_TYPE.float8, data);
}
