/**
 * Copies a database of any size while it is written to.
 *
 * @module
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import { withSidecars } from '../files/layout.ts';
import { FramesGone } from '../log/frames-gone.ts';
import type { PageLog } from '../log/page-log.ts';

/** 1 MB: other requests get a turn between two of them. */
const CHUNK_PAGES = 256;

/**
 * Writes the database as of the last commit to a file. The copy is not durable yet.
 *
 * @param target replaced when it exists; nobody may have it open
 * @param edit may change page 1
 * @returns the frame that the copy is as of
 */
export async function copyImage(log: PageLog, target: string, edit?: (page1: Buffer) => void): Promise<number> {
  for (const file of withSidecars(target)) {
    rmSync(file, { force: true });
  }
  const snapshot = log.snapshot();
  const fd = openSync(target, 'w', 0o600);
  const buffer = Buffer.allocUnsafe(CHUNK_PAGES * snapshot.pageSizeBytes);
  try {
    for (let pageNo = 1; pageNo <= snapshot.pageCount; pageNo += CHUNK_PAGES) {
      const bytes = snapshot.pages(pageNo, Math.min(CHUNK_PAGES, snapshot.pageCount - pageNo + 1), buffer);
      if (pageNo === 1) {
        edit?.(bytes);
      }
      writeSync(fd, bytes, 0, bytes.length, (pageNo - 1) * snapshot.pageSizeBytes);
      await turn();
    }
    return snapshot.position;
  } finally {
    closeSync(fd);
    snapshot.close();
  }
}

const TRIES = 3;

/**
 * Writes the database as of a time, with exactly the commits up to then, to a file. The copy is not durable yet.
 *
 * @param target replaced when it exists; nobody may have it open
 * @returns the frame that the copy is as of
 * @throws {SkerryError} COPY_TOO_OLD
 */
export async function copyImageAt(log: PageLog, target: string, unixMs: number): Promise<number> {
  const frame = log.frameAt(unixMs);
  if (frame === undefined) {
    throw new SkerryError('COPY_TOO_OLD');
  }
  await copyImageOf(log, target, frame);
  return frame;
}

/** As `copyImageAt`, of one frame, which is the last of a commit. @throws {SkerryError} COPY_TOO_OLD */
export async function copyImageOf(log: PageLog, target: string, frame: number): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    for (const file of withSidecars(target)) {
      rmSync(file, { force: true });
    }
    const fd = openSync(target, 'w', 0o600);
    try {
      await writeImage(log, frame, fd);
      return;
    } catch (error) {
      if (!(error instanceof FramesGone) || tries === TRIES) {
        throw error instanceof FramesGone ? new SkerryError('COPY_TOO_OLD', {}, { cause: error }) : error;
      }
    } finally {
      closeSync(fd);
    }
  }
}

async function writeImage(log: PageLog, frame: number, fd: number): Promise<void> {
  const image = log.imageAt(frame);
  try {
    await image.writeTo(fd);
  } finally {
    image.close();
  }
}
