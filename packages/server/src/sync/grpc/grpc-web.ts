/**
 * gRPC-web: one message in, messages out, and how it ended. Source: the PROTOCOL-WEB document of gRPC.
 *
 * A message is a byte of flags, its length in four bytes (big-endian), and its bytes. The last one has the flag 0x80 and
 * is the trailer, as text.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import { patientWrite } from '../../hrana/http/patient-write.ts';
import type { Answer, HostRequest } from '../../hrana/http/request.ts';
import type { Handler } from '../../hrana/http/routes.ts';

/** Codes that are used here; the documentation of gRPC has them all. */
export const OK = 0;
const PERMISSION_DENIED = 7;
export const FAILED_PRECONDITION = 9;
export const OUT_OF_RANGE = 11;
const INTERNAL = 13;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

const PREFIX_BYTES = 5;
const TRAILER_FLAG = 0x80;
const HEADERS = { 'content-type': 'application/grpc-web+proto' };

export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A method with one answer. */
export function unary(method: (message: Buffer, request: HostRequest) => Promise<Uint8Array>): Handler {
  return async (request) => {
    try {
      const message = await method(readMessage(request.body), request);
      return answer(Buffer.concat([messagePrefix(0, message.length), message, trailer(OK, '')]));
    } catch (error) {
      return failed(error);
    }
  };
}

/**
 * A method that answers with a sequence of messages; they are sent as fast as the client takes them.
 *
 * @param method gives messages with their prefixes, many at a time
 */
export function streaming(method: (message: Buffer, request: HostRequest) => Iterable<Uint8Array>): Handler {
  return async (request) => {
    const { channel } = request;
    try {
      for (const messages of method(readMessage(request.body), request)) {
        if (!request.hasReplied) {
          channel.reply({ status: 200, headers: HEADERS }, '', false);
          request.hasReplied = true;
        }
        await patientWrite(request, messages);
        if (request.isAborted) {
          return undefined;
        }
        request.caller.beforeWork();
      }
    } catch (error) {
      if (request.hasReplied) {
        throw error;
      }
      return failed(error);
    }
    if (!request.hasReplied) {
      return answer(trailer(OK, ''));
    }
    await channel.write(trailer(OK, ''));
    channel.end();
    return undefined;
  };
}

function answer(body: Uint8Array): Answer {
  return { status: 200, headers: HEADERS, body };
}

function failed(error: unknown): Answer {
  if (error instanceof GrpcError) {
    return answer(trailer(error.status, error.message));
  }
  if (error instanceof SkerryError) {
    return answer(trailer(statusOf(error.status), error.message));
  }
  throw error;
}

function statusOf(httpStatus: number): number {
  switch (httpStatus) {
    case 401:
      return UNAUTHENTICATED;
    case 403:
      return PERMISSION_DENIED;
    case 404:
    case 409:
      return FAILED_PRECONDITION;
    case 429:
    case 503:
      return UNAVAILABLE;
    default:
      return INTERNAL;
  }
}

function readMessage(body: Buffer): Buffer {
  if (body.length < PREFIX_BYTES || body[0] !== 0 || body.length < PREFIX_BYTES + body.readUInt32BE(1)) {
    throw new GrpcError(INTERNAL, 'the body holds no gRPC message, or a compressed one');
  }
  return body.subarray(PREFIX_BYTES, PREFIX_BYTES + body.readUInt32BE(1));
}

/** What is before each message: flags and length. */
export function messagePrefix(flags: number, sizeBytes: number): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(flags, 0);
  prefix.writeUInt32BE(sizeBytes, 1);
  return prefix;
}

function trailer(status: number, message: string): Buffer {
  // Values are percent-encoded, as in headers of gRPC.
  const text = message === '' ? '' : `grpc-message:${encodeURIComponent(message)}\r\n`;
  const body = Buffer.from(`grpc-status:${status}\r\n${text}`);
  return Buffer.concat([messagePrefix(TRAILER_FLAG, body.length), body]);
}
