/**
 * Frames as clients of version 1 read them, all of one size, put into one buffer: the general encoder copies each page
 * four times.
 *
 * A frame is a `Frame` message whose `data` is, little-endian: frame number (u64), checksum (u64, which nobody reads), page
 * number, size after a commit; the page.
 *
 * @module
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

import { FrameSchema, FramesSchema } from '../gen/sync/wal_log_pb.ts';
import { messagePrefix } from './grpc-web.ts';

const HEADER_BYTES = 24;

export class FrameWriter {
  readonly #pageSizeBytes: number;
  readonly #lead: Uint8Array;
  readonly #bytes: Buffer;
  #end = 0;

  /** @param form each a gRPC message of its own, or all of them the members of one `Frames` */
  constructor(form: 'messages' | 'members', frameCount: number, pageSizeBytes: number) {
    const dataBytes = HEADER_BYTES + pageSizeBytes;
    const tag = new BinaryWriter()
      .tag(FrameSchema.field.data.number, WireType.LengthDelimited)
      .uint32(dataBytes)
      .finish();
    const frameBytes = tag.length + dataBytes;
    const before =
      form === 'messages'
        ? messagePrefix(0, frameBytes)
        : new BinaryWriter()
            .tag(FramesSchema.field.frames.number, WireType.LengthDelimited)
            .uint32(frameBytes)
            .finish();
    this.#pageSizeBytes = pageSizeBytes;
    this.#lead = Buffer.concat([before, tag]);
    this.#bytes = Buffer.allocUnsafe(frameCount * (this.#lead.length + dataBytes));
  }

  /** No more than were announced. */
  add(frameNo: number, pageNo: number, sizeAfter: number, page: Buffer): void {
    this.#bytes.set(this.#lead, this.#end);
    const header = this.#end + this.#lead.length;
    this.#bytes.writeBigUInt64LE(BigInt(frameNo), header);
    this.#bytes.fill(0, header + 8, header + 16);
    this.#bytes.writeUInt32LE(pageNo, header + 16);
    this.#bytes.writeUInt32LE(sizeAfter, header + 20);
    this.#bytes.set(page, header + HEADER_BYTES);
    this.#end = header + HEADER_BYTES + this.#pageSizeBytes;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }
}
