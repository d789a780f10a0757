/**
 * The encodings of Hrana over HTTP under one shape.
 *
 * @module
 */
import * as jsonCodec from '@skerry/hrana/http/json';
import type { CursorRequest, CursorResponse, PipelineRequest, PipelineResponse } from '@skerry/hrana/http/proto';
import * as protobufCodec from '@skerry/hrana/http/protobuf';
import type { CursorEntry, HranaError } from '@skerry/hrana/shared/proto';
import type { HranaVersion } from '@skerry/hrana/shared/version';

import type { Answer } from './request.ts';

type Encoded = string | Uint8Array;

export interface HttpCodec {
  /** Exact, without a charset: clients compare the whole header. */
  readonly pipelineType: string;
  readonly cursorType: string;
  decodePipeline(body: Buffer): PipelineRequest;
  encodePipeline(response: PipelineResponse): Encoded;
  decodeCursor(body: Buffer): CursorRequest;
  /** A cursor's last entry is `replication_index`, by which a client knows that the body is whole. */
  readonly endsWithIndex: boolean;
  /** With what separates it from the next. */
  encodeCursorHead(response: CursorResponse): Encoded;
  encodeCursorEntry(entry: CursorEntry): Encoded;
  error(status: number, error: HranaError): Answer;
}

export function jsonOf(version: HranaVersion): HttpCodec {
  // What `SQL over HTTP` (Turso's PROTOCOL.md, "Values") says of infinite floats: version 3 is what Turso's serverless
  // drivers speak, whose Go and Python tests hold it. On version 2 hrana-client gives up a response with a null float.
  const infinities = version < 3 ? 'number' : 'null';
  return {
    pipelineType: 'application/json',
    cursorType: 'text/plain',
    endsWithIndex: true,
    decodePipeline: (body) => jsonCodec.decodePipelineRequest(body, version),
    encodePipeline: (response) => jsonCodec.encodePipelineResponse(response, infinities),
    decodeCursor: (body) => jsonCodec.decodeCursorRequest(body, version),
    encodeCursorHead: jsonCodec.encodeCursorResponse,
    encodeCursorEntry: (entry) => jsonCodec.encodeCursorEntry(entry, infinities),
    error: jsonError,
  };
}

export const PROTOBUF: HttpCodec = {
  pipelineType: 'application/x-protobuf',
  cursorType: 'application/octet-stream',
  // hrana-client 0.9 throws on it, and takes JSON only from servers without Protobuf.
  endsWithIndex: false,
  decodePipeline: protobufCodec.decodePipelineRequest,
  encodePipeline: protobufCodec.encodePipelineResponse,
  decodeCursor: protobufCodec.decodeCursorRequest,
  encodeCursorHead: protobufCodec.encodeCursorResponse,
  encodeCursorEntry: protobufCodec.encodeCursorEntry,
  error: (status, error) => ({
    status,
    headers: { 'content-type': 'application/x-protobuf' },
    body: protobufCodec.encodeErrorResponse(error),
  }),
};

export function jsonError(status: number, { message, code }: HranaError): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message, code, error: message }),
  };
}
