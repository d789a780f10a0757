/**
 * The byte layout on a relay socket: a 10-byte header and a payload, nothing else.
 *
 * ```
 * u32 payload length | u8 type | u8 flags | u32 channel | payload          (all big-endian)
 * ```
 *
 * OPEN and REPLY carry a head and the start of a body in one payload: `u32 head length | head (JSON) | body`.
 * Both ends are Skerry of the same build, so there is no version and a malformed frame is a bug that closes the socket.
 *
 * @module
 */

export const FRAME_OPEN = 1;
export const FRAME_REPLY = 2;
/** A piece of a body. Counts against the channel's credit. */
export const FRAME_DATA = 3;
/** One WebSocket message. Counts against the channel's credit. */
export const FRAME_MESSAGE = 4;
/** A small JSON value on a channel, outside the body. */
export const FRAME_NOTE = 5;
export const FRAME_ABORT = 6;
/** u32: the receiver has consumed so many bytes of DATA and MESSAGE payloads. */
export const FRAME_CREDIT = 7;
/** A JSON value that belongs to no channel. */
export const FRAME_EVENT = 8;
export const FRAME_PING = 9;
export const FRAME_PONG = 10;

/** The sender will send nothing more on this channel. */
export const FLAG_END = 1;
/** The MESSAGE is binary; without it, text. */
export const FLAG_BINARY = 2;

export const HEADER_BYTES = 10;
const HEAD_LENGTH_BYTES = 4;
const MAX_PAYLOAD_BYTES = 1 << 30;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly channel: number;
  readonly payload: Buffer;
}

export type Bytes = string | Uint8Array;

function writeHeader(frame: Buffer, payloadBytes: number, type: number, flags: number, channel: number): void {
  frame.writeUInt32BE(payloadBytes, 0);
  frame[4] = type;
  frame[5] = flags;
  frame.writeUInt32BE(channel, 6);
}

function byteLength(bytes: Bytes): number {
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
}

function put(frame: Buffer, bytes: Bytes, offset: number): void {
  if (typeof bytes === 'string') {
    frame.write(bytes, offset);
  } else {
    frame.set(bytes, offset);
  }
}

export function encodeFrame(type: number, flags: number, channel: number, payload: Bytes): Buffer {
  const payloadBytes = byteLength(payload);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payloadBytes);
  writeHeader(frame, payloadBytes, type, flags, channel);
  put(frame, payload, HEADER_BYTES);
  return frame;
}

/** An OPEN or REPLY frame. */
export function encodeHeadFrame(type: number, flags: number, channel: number, head: string, body: Bytes): Buffer {
  const headBytes = Buffer.byteLength(head);
  const payloadBytes = HEAD_LENGTH_BYTES + headBytes + byteLength(body);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payloadBytes);
  writeHeader(frame, payloadBytes, type, flags, channel);
  frame.writeUInt32BE(headBytes, HEADER_BYTES);
  frame.write(head, HEADER_BYTES + HEAD_LENGTH_BYTES);
  put(frame, body, HEADER_BYTES + HEAD_LENGTH_BYTES + headBytes);
  return frame;
}

/** Splits the payload of an OPEN or REPLY frame. */
export function splitHead(payload: Buffer): { head: string; body: Buffer } {
  const bodyStart = HEAD_LENGTH_BYTES + payload.readUInt32BE(0);
  return { head: payload.toString('utf8', HEAD_LENGTH_BYTES, bodyStart), body: payload.subarray(bodyStart) };
}

/** Cuts a byte stream back into frames. Payloads are views of the chunks they came in where they came whole. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  /** Bytes needed before another look makes sense, so that a large frame is joined once and not at every chunk. */
  #neededBytes = HEADER_BYTES;

  /** Hands over, in order, every frame that is whole now. */
  push(chunk: Buffer, handle: (frame: Frame) => void): void {
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    if (this.#bufferedBytes < this.#neededBytes) {
      return;
    }
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bufferedBytes);
    const frames: Frame[] = [];
    let offset = 0;
    this.#neededBytes = HEADER_BYTES;
    while (bytes.length - offset >= HEADER_BYTES) {
      const payloadBytes = bytes.readUInt32BE(offset);
      if (payloadBytes > MAX_PAYLOAD_BYTES) {
        throw new Error(`a relay frame announces ${payloadBytes} bytes`);
      }
      const end = offset + HEADER_BYTES + payloadBytes;
      if (bytes.length < end) {
        this.#neededBytes = end - offset;
        break;
      }
      frames.push({
        type: bytes.readUInt8(offset + 4),
        flags: bytes.readUInt8(offset + 5),
        channel: bytes.readUInt32BE(offset + 6),
        payload: bytes.subarray(offset + HEADER_BYTES, end),
      });
      offset = end;
    }
    this.#chunks = offset === bytes.length ? [] : [bytes.subarray(offset)];
    this.#bufferedBytes = bytes.length - offset;
    for (const frame of frames) {
      handle(frame);
    }
  }
}
