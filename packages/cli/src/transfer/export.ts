/**
 * Brings a database here as a file: the file as it was at the beginning of a generation, and then the pages that were
 * written since, of whole transactions only. Source: turso-cli `db export`; the endpoints are those of libSQL's embedded
 * replicas, so this works with Turso Cloud, too.
 *
 * The file is there only when it is whole.
 *
 * @module
 */
import { createWriteStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { z } from 'zod';

import { type DatabaseAddress, requestDatabase } from '../api/database.ts';
import { SqlError } from '../api/errors.ts';
import type { Progress } from './progress.ts';

const PAGE_BYTES = 4096;
/** Page number and, in the last frame of a transaction, the size of the database in pages. */
const FRAME_HEADER_BYTES = 24;
const FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES;
const FRAMES_AT_ONCE = 128;
/** A checkpoint that comes between two requests makes the generation a new one; then it begins anew. */
const TRIES_MAX = 5;

const Info = z.object({ current_generation: z.number().int().nonnegative() });

/** @returns size of the file in bytes */
export async function exportFile(address: DatabaseAddress, target: string, progress: Progress): Promise<number> {
  const draft = `${target}.part`;
  try {
    await copyGeneration(address, draft, progress);
    await rename(draft, target);
    return (await stat(target)).size;
  } finally {
    await rm(draft, { force: true });
  }
}

async function copyGeneration(address: DatabaseAddress, draft: string, progress: Progress): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const { current_generation: generation } = Info.parse(await (await requestDatabase(address, 'info')).json());
      await copyBase(address, generation, draft, progress);
      await using file = await open(draft, 'r+');
      await applyFrames(address, generation, file);
      return;
    } catch (error) {
      if (
        tries >= TRIES_MAX ||
        !(error instanceof SqlError && ['COPY_BUSY', 'COPY_TOO_OLD'].includes(error.code ?? ''))
      ) {
        throw error;
      }
    }
  }
}

async function copyBase(address: DatabaseAddress, generation: number, draft: string, progress: Progress) {
  const { body, headers } = await requestDatabase(address, `export/${generation}`);
  const told = headers.get('content-length');
  let doneBytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      doneBytes += chunk.length;
      progress.update(doneBytes);
      done(undefined, chunk);
    },
  });
  await pipeline(body === null ? Readable.from([]) : Readable.fromWeb(body), count, createWriteStream(draft));
  if (told !== null && Number(told) !== doneBytes) {
    throw new Error(`the transfer ended after ${doneBytes} of ${told} bytes`);
  }
}

/** Frames after the last whole transaction are not written: its end may come with the next ones. */
async function applyFrames(address: DatabaseAddress, generation: number, file: FileHandle): Promise<void> {
  let waiting: Buffer[] = [];
  for (let next = 1; ;) {
    const frames = await pull(address, generation, next);
    if (frames === undefined) {
      return;
    }
    for (let at = 0; at < frames.length; at += FRAME_BYTES) {
      const frame = frames.subarray(at, at + FRAME_BYTES);
      waiting.push(frame);
      const pagesAfterCommit = frame.readUInt32BE(4);
      if (pagesAfterCommit > 0) {
        for (const each of waiting) {
          await file.write(each, FRAME_HEADER_BYTES, PAGE_BYTES, (each.readUInt32BE(0) - 1) * PAGE_BYTES);
        }
        await file.truncate(pagesAfterCommit * PAGE_BYTES);
        waiting = [];
      }
    }
    next += frames.length / FRAME_BYTES;
  }
}

/** Undefined: there are no more, which the protocol says by a refusal with a generation. */
async function pull(address: DatabaseAddress, generation: number, first: number): Promise<Buffer | undefined> {
  const path = `sync/${generation}/${first}/${first + FRAMES_AT_ONCE}`;
  const response = await fetch(address.url + path, { headers: { authorization: `Bearer ${address.token}` } });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.ok) {
    if (body.length > 0 && body.length < FRAME_BYTES) {
      throw new SqlError(`the database answered ${body.length} bytes, which is no frame`, undefined, response.status);
    }
    return body.length === 0 ? undefined : body.subarray(0, body.length - (body.length % FRAME_BYTES));
  }
  if ((response.status === 400 || response.status === 500) && body.includes('"generation"')) {
    return undefined;
  }
  throw new SqlError(`the database answered with status ${response.status}`, undefined, response.status);
}
