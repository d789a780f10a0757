/**
 * A pack: pieces of many databases' logs in one object, so that one upload stores the commits of all.
 *
 * ```
 * "SKERRYP1"  bytes of the head (u32)  CRC of the head (u32)
 * the head: JSON, a list of entries
 * the pieces, one after another: segments (log/segment.ts), which have checksums of their own
 * ```
 *
 * @module
 */
import { crc32 } from 'node:zlib';

import type { ObjectStore } from './object-store.ts';

export interface PackEntry {
  readonly databaseId: string;
  readonly logId: string;
  readonly firstFrame: number;
  /** A commit that is larger than a piece goes on in the next pack. */
  readonly lastFrame: number;
  readonly sizeBytes: number;
}

export interface PackPiece extends Omit<PackEntry, 'sizeBytes'> {
  readonly bytes: Buffer;
}

export class PackDamaged extends Error {
  override readonly name = 'PackDamaged';
}

const MAGIC = 'SKERRYP1';
const FIXED_BYTES = 16;
/** Enough for the head of most. */
const FIRST_BYTES = 64 * 1024;

export function encodePack(pieces: readonly PackPiece[]): Buffer {
  const entries: PackEntry[] = pieces.map(({ bytes, ...piece }) => ({ ...piece, sizeBytes: bytes.length }));
  const head = Buffer.from(JSON.stringify(entries));
  const fixed = Buffer.alloc(FIXED_BYTES);
  fixed.write(MAGIC, 'latin1');
  fixed.writeUInt32BE(head.length, 8);
  fixed.writeUInt32BE(crc32(head), 12);
  return Buffer.concat([fixed, head, ...pieces.map(({ bytes }) => bytes)]);
}

/** @throws {PackDamaged} when it is not what was stored */
export function decodePack(bytes: Buffer): PackPiece[] {
  const headBytes = headBytesOf(bytes);
  let at = FIXED_BYTES + headBytes;
  const pieces: PackPiece[] = [];
  for (const { sizeBytes, ...entry } of entriesOf(bytes)) {
    pieces.push({ ...entry, bytes: bytes.subarray(at, at + sizeBytes) });
    at += sizeBytes;
  }
  if (at !== bytes.length) {
    throw new PackDamaged('a pack was cut off');
  }
  return pieces;
}

/** What a pack has, without reading it whole; undefined when it is not there. */
export async function readPackEntries(store: ObjectStore, key: string): Promise<PackEntry[] | undefined> {
  const first = await store.get(key, [0, FIRST_BYTES]);
  const end = FIXED_BYTES + (first === undefined ? 0 : headBytesOf(first));
  const head = first !== undefined && end > first.length ? await store.get(key, [0, end]) : first;
  return head === undefined ? undefined : entriesOf(head);
}

function headBytesOf(bytes: Buffer): number {
  if (bytes.length < FIXED_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) {
    throw new PackDamaged('not a pack');
  }
  return bytes.readUInt32BE(8);
}

function entriesOf(bytes: Buffer): PackEntry[] {
  const head = bytes.subarray(FIXED_BYTES, FIXED_BYTES + headBytesOf(bytes));
  if (crc32(head) !== bytes.readUInt32BE(12)) {
    throw new PackDamaged('the head of a pack is damaged');
  }
  return JSON.parse(head.toString()) as PackEntry[];
}
