/**
 * Reads a Roaring bitmap in its portable form. Source: the RoaringFormatSpec of the Roaring bitmap project.
 *
 * A set of 32-bit numbers, in containers of those that share their upper 16 bits. A container lists its lower halves, or
 * has a bit for each, or lists runs of them. Numbers are little-endian.
 *
 * @module
 */

const COOKIE_WITHOUT_RUNS = 12346;
const COOKIE_WITH_RUNS = 12347;
/** With runs, offsets are left out below this number of containers. */
const OFFSETS_FROM = 4;
const ARRAY_MAX = 4096;
const BITMAP_BYTES = 8192;

export class RoaringDamaged extends Error {
  override readonly name = 'RoaringDamaged';
}

/**
 * @param limit numbers from here on are left out: a few bytes can name four thousand million
 * @throws {RoaringDamaged}
 */
export function decodeRoaring(bytes: Buffer, limit: number): Set<number> {
  try {
    return decode(bytes, limit);
  } catch (error) {
    throw new RoaringDamaged('not a Roaring bitmap', { cause: error });
  }
}

function decode(bytes: Buffer, limit: number): Set<number> {
  const cookie = bytes.readUInt32LE(0);
  const hasRuns = (cookie & 0xffff) === COOKIE_WITH_RUNS;
  if (!hasRuns && cookie !== COOKIE_WITHOUT_RUNS) {
    throw new RoaringDamaged(`unknown cookie ${cookie}`);
  }
  const count = hasRuns ? (cookie >>> 16) + 1 : bytes.readUInt32LE(4);
  let at = hasRuns ? 4 : 8;
  const runFlags = bytes.subarray(at, hasRuns ? at + Math.ceil(count / 8) : at);
  at += runFlags.length;
  const heads = at;
  at += 4 * count;
  if (!hasRuns || count >= OFFSETS_FROM) {
    at += 4 * count;
  }
  const numbers = new Set<number>();
  let lastBase = -1;
  for (let container = 0; container < count; container += 1) {
    const base = bytes.readUInt16LE(heads + 4 * container) * 65_536;
    if (base <= lastBase) {
      throw new RoaringDamaged('containers are not in order');
    }
    lastBase = base;
    if (base >= limit) {
      break;
    }
    const cardinality = bytes.readUInt16LE(heads + 4 * container + 2) + 1;
    if ((((runFlags[container >> 3] ?? 0) >> (container & 7)) & 1) === 1) {
      at = readRuns(bytes, at, base, numbers);
    } else if (cardinality <= ARRAY_MAX) {
      for (const end = at + 2 * cardinality; at < end; at += 2) {
        numbers.add(base + bytes.readUInt16LE(at));
      }
    } else {
      at = readBits(bytes, at, base, numbers);
    }
  }
  // What is too large is in the last container that was read, if anywhere.
  for (const number of numbers) {
    if (number >= limit) {
      numbers.delete(number);
    }
  }
  return numbers;
}

/** Pairs of a first number and how many more follow. */
function readRuns(bytes: Buffer, from: number, base: number, numbers: Set<number>): number {
  let at = from + 2;
  let last = -1;
  for (const end = at + 4 * bytes.readUInt16LE(from); at < end; at += 4) {
    const first = bytes.readUInt16LE(at);
    if (first <= last) {
      throw new RoaringDamaged('runs are not in order');
    }
    last = first + bytes.readUInt16LE(at + 2);
    for (let number = first; number <= last; number += 1) {
      numbers.add(base + number);
    }
  }
  return at;
}

function readBits(bytes: Buffer, from: number, base: number, numbers: Set<number>): number {
  for (let index = 0; index < BITMAP_BYTES; index += 1) {
    const byte = bytes.readUInt8(from + index);
    for (let bit = 0; bit < 8; bit += 1) {
      if (((byte >> bit) & 1) === 1) {
        numbers.add(base + 8 * index + bit);
      }
    }
  }
  return from + BITMAP_BYTES;
}
