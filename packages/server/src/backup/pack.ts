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

export interface PackEntry {
  readonly databaseId: string;
  readonly logId: string;
  readonly firstFrame: number;
  /** Ends with a commit. */
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
  if (bytes.length < FIXED_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) {
    throw new PackDamaged('not a pack');
  }
  let at = FIXED_BYTES + bytes.readUInt32BE(8);
  const head = bytes.subarray(FIXED_BYTES, at);
  if (crc32(head) !== bytes.readUInt32BE(12)) {
    throw new PackDamaged('the head of a pack is damaged');
  }
  const pieces: PackPiece[] = [];
  for (const { sizeBytes, ...entry } of JSON.parse(head.toString()) as PackEntry[]) {
    pieces.push({ ...entry, bytes: bytes.subarray(at, at + sizeBytes) });
    at += sizeBytes;
  }
  if (at !== bytes.length) {
    throw new PackDamaged('a pack was cut off');
  }
  return pieces;
}
