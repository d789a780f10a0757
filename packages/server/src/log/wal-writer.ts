/**
 * Makes frames that continue a WAL, as SQLite would write them.
 *
 * @module
 */
import { encodeWalHeader, FRAME_HEADER_BYTES, frameOffset, WAL_HEADER_BYTES, WalChecksum } from './wal-format.ts';
import type { WalSalts } from './wal-format.ts';

/** Where a WAL ends. */
export interface WalEnd {
  readonly salts: WalSalts;
  readonly frameCount: number;
  /** Of the last frame. */
  readonly checksum: WalChecksum;
}

/**
 * @param end undefined when there is no WAL yet, or none that counts: it begins with these frames
 * @param frames page numbers and sizes are taken as they are, salts and checksums are made
 * @param salts 8 bytes for a WAL that begins
 * @returns what to write, and where
 */
export function encodeWal(
  end: WalEnd | undefined,
  frames: Buffer,
  pageSizeBytes: number,
  salts: Buffer,
): { readonly bytes: Buffer; readonly offset: number } {
  const header = end === undefined ? encodeWalHeader(pageSizeBytes, salts) : undefined;
  const present = end?.salts ?? { salt1: salts.readUInt32BE(0), salt2: salts.readUInt32BE(4) };
  const checksum = end?.checksum ?? WalChecksum.at(header ?? Buffer.alloc(WAL_HEADER_BYTES), 24);
  const bytes = Buffer.from(frames);
  for (let start = 0; start < bytes.length; start += FRAME_HEADER_BYTES + pageSizeBytes) {
    bytes.writeUInt32BE(present.salt1, start + 8);
    bytes.writeUInt32BE(present.salt2, start + 12);
    checksum.addFrame(bytes, start, pageSizeBytes);
    checksum.write(bytes, start + 16);
  }
  return header === undefined
    ? { bytes, offset: frameOffset((end?.frameCount ?? 0) + 1, pageSizeBytes) }
    : { bytes: Buffer.concat([header, bytes]), offset: 0 };
}
