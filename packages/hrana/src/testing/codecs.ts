/**
 * Every message with the functions that write and read it in both encodings, so that a test can go through all of them.
 *
 * @module
 */
import type * as fc from 'fast-check';

import * as httpJsonClient from '../http/json-client.ts';
import * as httpJson from '../http/json.ts';
import * as httpProtobufClient from '../http/protobuf-client.ts';
import * as httpProtobuf from '../http/protobuf.ts';
import * as wsJsonClient from '../ws/json-client.ts';
import * as wsJson from '../ws/json.ts';
import * as wsProtobufClient from '../ws/protobuf-client.ts';
import * as wsProtobuf from '../ws/protobuf.ts';
import * as arbitraries from './arbitraries.ts';

/** The message type is erased, because a test never looks into the message. */
export interface Codec {
  readonly message: string;
  readonly encoding: 'JSON' | 'Protobuf';
  readonly arbitrary: fc.Arbitrary<unknown>;
  readonly encode: (message: unknown) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

export const CODECS: readonly Codec[] = [
  ...both('pipeline request', arbitraries.pipelineRequest, {
    json: [httpJsonClient.encodePipelineRequest, (bytes) => httpJson.decodePipelineRequest(bytes, 3)],
    protobuf: [httpProtobufClient.encodePipelineRequest, httpProtobuf.decodePipelineRequest],
  }),
  ...both('pipeline response', arbitraries.pipelineResponse, {
    json: [httpJson.encodePipelineResponse, httpJsonClient.decodePipelineResponse],
    protobuf: [httpProtobuf.encodePipelineResponse, httpProtobufClient.decodePipelineResponse],
  }),
  ...both('cursor request', arbitraries.cursorRequest, {
    json: [httpJsonClient.encodeCursorRequest, (bytes) => httpJson.decodeCursorRequest(bytes, 3)],
    protobuf: [httpProtobufClient.encodeCursorRequest, httpProtobuf.decodeCursorRequest],
  }),
  ...both('cursor response', arbitraries.cursorResponse, {
    json: [httpJson.encodeCursorResponse, httpJsonClient.decodeCursorResponse],
    protobuf: [
      (message) => withoutLength(httpProtobuf.encodeCursorResponse(message)),
      httpProtobufClient.decodeCursorResponse,
    ],
  }),
  ...both('cursor entry', arbitraries.cursorEntry, {
    json: [httpJson.encodeCursorEntry, httpJsonClient.decodeCursorEntry],
    protobuf: [(entry) => withoutLength(httpProtobuf.encodeCursorEntry(entry)), httpProtobufClient.decodeCursorEntry],
  }),
  ...both('client message', arbitraries.clientMsg, {
    json: [wsJsonClient.encodeClientMsg, (bytes) => wsJson.decodeClientMsg(bytes, 3)],
    protobuf: [wsProtobufClient.encodeClientMsg, wsProtobuf.decodeClientMsg],
  }),
  ...both('server message', arbitraries.serverMsg, {
    json: [wsJson.encodeServerMsg, wsJsonClient.decodeServerMsg],
    protobuf: [wsProtobuf.encodeServerMsg, wsProtobufClient.decodeServerMsg],
  }),
];

interface Functions<T> {
  readonly json: readonly [encode: (message: T) => string, decode: (bytes: Uint8Array) => T];
  readonly protobuf: readonly [encode: (message: T) => Uint8Array, decode: (bytes: Uint8Array) => T];
}

function both<T>(message: string, arbitrary: fc.Arbitrary<T>, functions: Functions<T>): Codec[] {
  const [encodeJson, decodeJson] = functions.json;
  const [encodeProtobuf, decodeProtobuf] = functions.protobuf;
  return [
    {
      message,
      encoding: 'JSON',
      arbitrary,
      encode: (value) => new TextEncoder().encode(encodeJson(value as T)),
      decode: decodeJson,
    },
    {
      message,
      encoding: 'Protobuf',
      arbitrary,
      encode: (value) => encodeProtobuf(value as T),
      decode: decodeProtobuf,
    },
  ];
}

/** Takes the varint off that says how long the message is. */
function withoutLength(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytes.findIndex((byte) => byte < 0x80) + 1);
}
