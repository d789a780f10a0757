/**
 * The encodings of Hrana over WebSocket under one shape.
 *
 * @module
 */
import * as jsonCodec from '@skerry/hrana/ws/json';
import type { ClientMsg, ServerMsg } from '@skerry/hrana/ws/proto';
import * as protobufCodec from '@skerry/hrana/ws/protobuf';

import type { SocketProtocol } from '../../relay/messages.ts';

export interface SocketCodec {
  readonly isBinary: boolean;
  decode(message: Buffer): ClientMsg;
  encode(message: ServerMsg): string | Uint8Array;
}

const VERSIONS = { hrana1: 1, hrana2: 2, hrana3: 3 } as const;

export function codecOf(protocol: SocketProtocol): SocketCodec {
  if (protocol === 'hrana3-protobuf') {
    return { isBinary: true, decode: protobufCodec.decodeClientMsg, encode: protobufCodec.encodeServerMsg };
  }
  const version = VERSIONS[protocol];
  return {
    isBinary: false,
    decode: (message) => jsonCodec.decodeClientMsg(message, version),
    encode: jsonCodec.encodeServerMsg,
  };
}
