/**
 * Hrana over WebSocket in JSON, as a server needs it: client messages are decoded, server messages encoded.
 *
 * @module
 */
import type { HranaVersion } from '../shared/version.ts';
import type { ClientMsg, ServerMsg } from './proto.ts';

/** One text frame. Throws HranaDecodeError. */
export function decodeClientMsg(_data: Uint8Array | string, _version: HranaVersion): ClientMsg {
  throw new Error('not written yet');
}

export function encodeServerMsg(_msg: ServerMsg): string {
  throw new Error('not written yet');
}
