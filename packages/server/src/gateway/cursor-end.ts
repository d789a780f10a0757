/**
 * The body of a cursor on its way through the gateway: it has an entry for what goes wrong after rows have left, and a
 * host that was ended at its deadline cannot write it any more. It can only follow an entry that is whole.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';

import { encodeCursorEntry as encodeJson } from '@skerry/hrana/http/json';
import { encodeCursorEntry as encodeProtobuf } from '@skerry/hrana/http/protobuf';
import type { CursorEntry } from '@skerry/hrana/shared/proto';

import type { Refusal } from './answers.ts';

const NEWLINE = 10;

export interface CursorFraming {
  /** What the host has sent, cut anywhere. */
  sent(bytes: Buffer): void;
  /** False when nothing was sent, or the last entry is not whole. */
  readonly isWhole: boolean;
  encode(entry: CursorEntry): string | Uint8Array;
}

/** JSON: each entry is a line. */
export class CursorLines implements CursorFraming {
  isWhole = false;
  readonly encode = encodeJson;

  sent(bytes: Buffer): void {
    this.isWhole = bytes.length === 0 ? this.isWhole : bytes.at(-1) === NEWLINE;
  }
}

/** Protobuf: each entry has its length before it, as a varint (HTTP specification of version 3, "Cursor"). */
export class CursorMessages implements CursorFraming {
  readonly encode = encodeProtobuf;
  /** Of the message that has begun. */
  #missingBytes = 0;
  /** Of a length that has begun. */
  #length = 0;
  #lengthBits = 0;
  #hasBegun = false;

  get isWhole(): boolean {
    return this.#hasBegun && this.#missingBytes === 0 && this.#lengthBits === 0;
  }

  sent(bytes: Buffer): void {
    this.#hasBegun ||= bytes.length > 0;
    for (let at = 0; at < bytes.length;) {
      const taken = Math.min(this.#missingBytes, bytes.length - at);
      this.#missingBytes -= taken;
      at += taken;
      if (this.#missingBytes === 0 && at < bytes.length) {
        this.#readLength(bytes.readUInt8(at));
        at += 1;
      }
    }
  }

  #readLength(byte: number): void {
    this.#length += (byte % 128) * 2 ** this.#lengthBits;
    this.#lengthBits += 7;
    if (byte < 128) {
      this.#missingBytes = this.#length;
      this.#length = 0;
      this.#lengthBits = 0;
    }
  }
}

/** Undefined for a path that is no cursor's. */
export function framingOf(path: string): CursorFraming | undefined {
  if (path === '/v3/cursor') {
    return new CursorLines();
  }
  return path === '/v3-protobuf/cursor' ? new CursorMessages() : undefined;
}

/** Ends a cursor that was cut with an entry that says why; false when there is no place for one. */
export function endCursor(response: ServerResponse, framing: CursorFraming, { code, message }: Refusal): boolean {
  if (!framing.isWhole || response.statusCode !== 200 || response.destroyed) {
    return false;
  }
  response.end(framing.encode({ type: 'error', error: { message, code } }));
  return true;
}
