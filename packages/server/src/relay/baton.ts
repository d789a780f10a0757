/**
 * The baton of a stream over HTTP: the server's word for "the next request of this stream". It is spent when it is
 * used, cannot be forged, and names the host that holds the stream, so that the gateway finds it without a table.
 *
 * ```
 * u32 host id | u48 stream id | u48 sequence | 32 bytes HMAC-SHA256 of the 16 before        (big-endian)
 * ```
 *
 * 48 bytes in standard base64 without padding: 64 characters, as sqld's. The key is new at each start of the gateway
 * and host ids are never used again under one key, so the three numbers never mean two streams.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const CONTENT_BYTES = 16;
const BATON_BYTES = 48;
const BATON_CHARACTERS = 64;

export interface Baton {
  readonly hostId: number;
  readonly streamId: number;
  /** How many batons the stream has had before this one. */
  readonly sequence: number;
}

export class BatonSigner {
  readonly #key: Buffer;

  /** @param key 32 random bytes */
  constructor(key: Buffer) {
    this.#key = key;
  }

  sign(baton: Baton): string {
    const content = Buffer.allocUnsafe(CONTENT_BYTES);
    content.writeUInt32BE(baton.hostId, 0);
    content.writeUIntBE(baton.streamId, 4, 6);
    content.writeUIntBE(baton.sequence, 10, 6);
    return Buffer.concat([content, this.#mac(content)], BATON_BYTES).toString('base64');
  }

  /** Undefined for anything that this key has not signed. */
  verify(text: string): Baton | undefined {
    const bytes = decode(text);
    if (bytes === undefined) {
      return undefined;
    }
    const content = bytes.subarray(0, CONTENT_BYTES);
    if (!timingSafeEqual(this.#mac(content), bytes.subarray(CONTENT_BYTES))) {
      return undefined;
    }
    return { hostId: content.readUInt32BE(0), streamId: content.readUIntBE(4, 6), sequence: content.readUIntBE(10, 6) };
  }

  #mac(content: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(content).digest();
  }
}

/**
 * The host that a baton names, without a look at its MAC: good enough to choose whom to ask, because that host verifies
 * it. Undefined when the text cannot be a baton.
 */
export function readHostId(text: string): number | undefined {
  return decode(text)?.readUInt32BE(0);
}

function decode(text: string): Buffer | undefined {
  if (text.length !== BATON_CHARACTERS) {
    return undefined;
  }
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === BATON_BYTES ? bytes : undefined;
}
