/**
 * What the backup reads of a primary: its commits, and whole images.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';

import { copyImageOf } from '../copies/copy-image.ts';
import { Frames } from '../log/frames.ts';
import type { PageLog } from '../log/page-log.ts';
import { encodeSegment } from '../log/segment.ts';
import type { ImageReply, LogReply } from '../relay/messages.ts';
import type { Databases } from './databases.ts';

/** Of pages: what is encoded at once, and held in memory. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** Commits from a frame on, encoded as a segment; empty when there are none. One that is larger comes in pieces. */
export function readLog(databases: Databases, databaseId: string, fromFrame: number): LogReply & { bytes: Buffer } {
  const lease = databases.openLog(databaseId);
  try {
    const { log } = lease;
    log.poll();
    const { id: logId, position } = log;
    const none = { logId, position, lastFrame: fromFrame - 1, bytes: Buffer.alloc(0) };
    if (fromFrame < log.lowestFrame || fromFrame > position + 1) {
      return { ...none, isGone: true };
    }
    const frames = nextFrames(log, fromFrame);
    if (frames === undefined) {
      return { ...none, isGone: false };
    }
    const bytes = encodeSegment(logId, frames, log.timesBetween(fromFrame - 1, frames.lastFrame));
    return { logId, position, lastFrame: frames.lastFrame, isGone: false, bytes };
  } finally {
    lease.close();
  }
}

/** Ends with a commit, if one ends in it. */
function nextFrames(log: PageLog, fromFrame: number): Frames | undefined {
  const most = Math.max(1, Math.floor(PIECE_BYTES / log.pageSizeBytes));
  const pieces: Buffer[] = [];
  let count = 0;
  let wholeCount = 0;
  while (fromFrame + count <= log.position && count < most) {
    const frames = log.read(fromFrame + count, most - count);
    for (let at = 0; at < frames.count; at += 1) {
      count += 1;
      if (frames.sizeAfter(at) > 0) {
        wholeCount = count;
      }
    }
    pieces.push(frames.bytes);
  }
  if (count === 0) {
    return undefined;
  }
  const bytes = Buffer.concat(pieces);
  const keptBytes = (bytes.length / count) * (wholeCount === 0 ? count : wholeCount);
  return new Frames(fromFrame, log.pageSizeBytes, bytes.subarray(0, keptBytes));
}

/** Writes the primary, as it is or as of one frame, to a new file in its folder. @throws {SkerryError} COPY_TOO_OLD */
export async function writeImage(databases: Databases, databaseId: string, frame?: number): Promise<ImageReply> {
  const lease = databases.openLog(databaseId);
  try {
    const { log } = lease;
    log.poll();
    const unixMs = Date.now();
    const { id: logId, pageSizeBytes } = log;
    const wanted = frame ?? log.position;
    const file = path.join(databases.folder(databaseId), `backup-${randomUUID()}.tmp`);
    await copyImageOf(log, file, wanted);
    const pageCount = statSync(file).size / pageSizeBytes;
    return { logId, frame: wanted, unixMs, path: file, pageSizeBytes, pageCount };
  } finally {
    lease.close();
  }
}
