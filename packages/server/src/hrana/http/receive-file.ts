/**
 * A request's body, written to a file as it comes.
 *
 * @module
 */
import { writeSync } from 'node:fs';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { HostRequest } from './request.ts';

export interface Place {
  /** Open for writing. */
  readonly file: number;
  /** Where in the file the body begins, in bytes. */
  readonly offset: number;
  readonly maxBytes: number;
}

/**
 * The channel's handlers are set before anything is awaited: what comes on a channel without one is lost.
 *
 * @returns size of the body in bytes
 * @throws SkerryError UPLOAD_TOO_LARGE, UPLOAD_INVALID when the client goes away in the middle, STORAGE_FAILED
 */
export async function receiveFile(request: HostRequest, { file, offset, maxBytes }: Place): Promise<number> {
  const { channel } = request;
  const whole = Promise.withResolvers<void>();
  let sizeBytes = 0;
  request.onAbort(() => whole.reject(new SkerryError('UPLOAD_INVALID', { problem: 'it ended before it was whole' })));
  channel.handlers.onEnd = () => whole.resolve();
  const take = (bytes: Buffer): void => {
    if (sizeBytes + bytes.length > maxBytes) {
      whole.reject(new SkerryError('UPLOAD_TOO_LARGE', { limitBytes: maxBytes }));
      return;
    }
    try {
      request.caller.beforeWork();
      writeWhole(file, bytes, offset + sizeBytes);
      sizeBytes += bytes.length;
    } catch (error) {
      whole.reject(new SkerryError('STORAGE_FAILED', {}, { cause: error }));
    }
  };
  channel.handlers.onData = take;
  take(request.body);
  if (request.isWhole) {
    whole.resolve();
  }
  try {
    await whole.promise;
  } finally {
    channel.handlers.onData = undefined;
  }
  return sizeBytes;
}

function writeWhole(file: number, bytes: Buffer, position: number): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(file, bytes, at, bytes.length - at, position + at);
  }
}
