/**
 * SQLite's write-ahead log as bytes. Source: "WAL-mode File Format" in SQLite's documentation.
 *
 * A 32-byte header, then frames of 24 bytes and a page each. Numbers are big-endian. A frame belongs to the log when it
 * carries the header's two salts, and its checksum continues the one before it.
 *
 * @module
 */

export const WAL_HEADER_BYTES = 32;
export const FRAME_HEADER_BYTES = 24;
/** Checksums over little-endian words; with the lowest bit set, over big-endian ones. */
const WAL_MAGIC = 0x377f0682;
const WAL_VERSION = 3_007_000;

/** Two numbers that name one life of a WAL file: from its first frame until it starts over. */
export interface WalSalts {
  readonly salt1: number;
  readonly salt2: number;
}

export interface WalHeader extends WalSalts {
  readonly pageSizeBytes: number;
}

export function sameSalts(a: WalSalts | null, b: WalSalts | null): boolean {
  return a !== null && b !== null && a.salt1 === b.salt1 && a.salt2 === b.salt2;
}

/** When SQLite starts a WAL over, it adds one to the first salt and draws the second (`walRestartHdr` in its `wal.c`). */
export function followsUpon(next: WalSalts, previous: WalSalts): boolean {
  return next.salt1 === (previous.salt1 + 1) >>> 0;
}

/** Undefined when the bytes are no header: SQLite ignores such a file. @throws when a machine of the other kind wrote it */
export function decodeWalHeader(bytes: Buffer): WalHeader | undefined {
  const magic = bytes.readUInt32BE(0);
  if (magic === WAL_MAGIC + 1) {
    throw new Error('The write-ahead log was written by a big-endian machine. Let SQLite checkpoint it there first.');
  }
  const checksum = new WalChecksum();
  checksum.add(bytes, 0, 24);
  if (magic !== WAL_MAGIC || !checksum.equals(bytes, 24)) {
    return undefined;
  }
  return {
    pageSizeBytes: bytes.readUInt32BE(8),
    salt1: bytes.readUInt32BE(16),
    salt2: bytes.readUInt32BE(20),
  };
}

/** The header of a WAL that begins. @param salts 8 bytes */
export function encodeWalHeader(pageSizeBytes: number, salts: Buffer): Buffer {
  const bytes = Buffer.alloc(WAL_HEADER_BYTES);
  bytes.writeUInt32BE(WAL_MAGIC, 0);
  bytes.writeUInt32BE(WAL_VERSION, 4);
  bytes.writeUInt32BE(pageSizeBytes, 8);
  salts.copy(bytes, 16, 0, 8);
  const checksum = new WalChecksum();
  checksum.add(bytes, 0, 24);
  checksum.write(bytes, 24);
  return bytes;
}

/** Where a frame begins in the file. Frames are counted from 1, as SQLite does. */
export function frameOffset(frame: number, pageSizeBytes: number): number {
  return WAL_HEADER_BYTES + (frame - 1) * (FRAME_HEADER_BYTES + pageSizeBytes);
}

/** The running checksum of a WAL, over pairs of little-endian words. */
export class WalChecksum {
  #first: number;
  #second: number;

  constructor(first = 0, second = 0) {
    this.#first = first | 0;
    this.#second = second | 0;
  }

  /** The one that is written in 8 bytes at `at`. */
  static at(bytes: Buffer, at: number): WalChecksum {
    return new WalChecksum(bytes.readInt32BE(at), bytes.readInt32BE(at + 4));
  }

  /** Goes on over `bytes[from, to)`, a multiple of 8 bytes. */
  add(bytes: Buffer, from: number, to: number): void {
    const words = wordsOf(bytes, from, to);
    let first = this.#first;
    let second = this.#second;
    for (let at = 0; at < words.length; at += 2) {
      first = (first + (words[at] ?? 0) + second) | 0;
      second = (second + (words[at + 1] ?? 0) + first) | 0;
    }
    this.#first = first;
    this.#second = second;
  }

  /** Goes on over the frame at `start`: the first 8 bytes of its header, and its page. */
  addFrame(bytes: Buffer, start: number, pageSizeBytes: number): void {
    this.add(bytes, start, start + 8);
    const page = start + FRAME_HEADER_BYTES;
    this.add(bytes, page, page + pageSizeBytes);
  }

  /** Whether the 8 bytes at `at` say the same. */
  equals(bytes: Buffer, at: number): boolean {
    return this.#first === bytes.readInt32BE(at) && this.#second === bytes.readInt32BE(at + 4);
  }

  /** The same for 8 bytes that are little-endian, as in SQLite's index of the WAL. */
  equalsLittle(bytes: Buffer, at: number): boolean {
    return this.#first === bytes.readInt32LE(at) && this.#second === bytes.readInt32LE(at + 4);
  }

  /** Writes the checksum as 8 bytes. */
  write(bytes: Buffer, at: number): void {
    bytes.writeInt32BE(this.#first, at);
    bytes.writeInt32BE(this.#second, at + 4);
  }
}

/** As numbers of this machine, which is little-endian: five times as fast as reading one after another from the buffer. */
function wordsOf(bytes: Buffer, from: number, to: number): Int32Array {
  const start = bytes.byteOffset + from;
  return start % 4 === 0
    ? new Int32Array(bytes.buffer, start, (to - from) / 4)
    : new Int32Array(new Uint8Array(bytes.subarray(from, to)).buffer);
}
