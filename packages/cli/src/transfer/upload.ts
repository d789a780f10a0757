/**
 * Sends a database file in parts, each of which is sent again when the connection breaks or the server is busy. Nothing
 * is a database before the last request, so a transfer that is given up cannot look whole.
 *
 * @module
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { z } from 'zod';

import { type DatabaseAddress, requestDatabase } from '../api/database.ts';
import { SqlError, UnreachableError } from '../api/errors.ts';
import type { Progress } from './progress.ts';

const TRIES_MAX = 8;
const FIRST_PAUSE_MS = 250;
const Started = z.object({ chunk_size: z.number().int().positive(), upload_id: z.string().min(1) });

/** @throws SqlError when the server refuses the file; UnreachableError when it stays away */
export async function uploadFile(
  address: DatabaseAddress,
  { path, sizeBytes }: { readonly path: string; readonly sizeBytes: number },
  progress: Progress,
): Promise<void> {
  const answer = await again(
    async () => await put(address, 'v2/upload/start', JSON.stringify({ db_size_bytes: sizeBytes })),
  );
  const { chunk_size: partBytes, upload_id: uploadId } = Started.parse(await answer.json());
  await using file = await open(path);
  for (let at = 0, number = 0; at < sizeBytes; at += partBytes, number += 1) {
    const part = await readPart(file, at, Math.min(partBytes, sizeBytes - at));
    await again(async () => await put(address, `v2/upload/${uploadId}/chunk/${number}`, part));
    progress.update(at + part.length);
  }
  // Not repeated: a second one would find the upload gone when the first arrived.
  await put(address, `v2/upload/${uploadId}/finalize`, '');
}

async function put(address: DatabaseAddress, path: string, body: string | Buffer<ArrayBuffer>): Promise<Response> {
  return await requestDatabase(address, path, { method: 'PUT', body });
}

async function readPart(file: FileHandle, position: number, length: number): Promise<Buffer<ArrayBuffer>> {
  const part = Buffer.alloc(length);
  const { bytesRead } = await file.read(part, 0, length, position);
  if (bytesRead < length) {
    throw new Error('the file became shorter while it was sent');
  }
  return part;
}

async function again<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (tries >= TRIES_MAX || !isPassing(error)) {
        throw error;
      }
      await pause(FIRST_PAUSE_MS * 2 ** (tries - 1));
    }
  }
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof UnreachableError ||
    (error instanceof SqlError && (error.status >= 500 || error.status === 408 || error.status === 429))
  );
}
