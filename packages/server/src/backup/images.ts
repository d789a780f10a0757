/**
 * Uploads whole databases: what a restore begins with, before it applies commits.
 *
 * @module
 */
import { closeSync, openSync, readSync } from 'node:fs';

import { Frames } from '../log/frames.ts';
import { encodeSegment } from '../log/segment.ts';
import { FRAME_HEADER_BYTES } from '../log/wal-format.ts';
import { imageFolder, type ImageNote, padded } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

/** Of pages: a part, compressed, is one object, and is held in memory. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 2;

/**
 * Stores a database file that nobody writes to. The image counts once its note is stored, which is last.
 *
 * @param check whether this server may still write; throws otherwise
 * @returns bytes stored
 */
export async function uploadImage(
  store: ObjectStore,
  file: string,
  about: Omit<ImageNote, 'parts'>,
  check: () => Promise<void>,
): Promise<number> {
  const folder = imageFolder(about);
  const partPages = Math.floor(PART_BYTES / about.pageSizeBytes);
  const parts = Math.ceil(about.pageCount / partPages);
  let storedBytes = 0;
  const fd = openSync(file, 'r');
  try {
    for (let at = 1; at <= parts; at += PARTS_AT_ONCE) {
      const some = Array.from({ length: Math.min(PARTS_AT_ONCE, parts - at + 1) }, (_, index) => at + index);
      await Promise.all(
        some.map(async (part) => {
          const bytes = encodePart(fd, about, (part - 1) * partPages + 1, partPages);
          storedBytes += bytes.length;
          await store.put(`${folder}${padded(part)}.seg`, bytes);
        }),
      );
    }
  } finally {
    closeSync(fd);
  }
  await check();
  await store.put(`${folder}image.json`, Buffer.from(JSON.stringify({ ...about, parts } satisfies ImageNote)));
  return storedBytes;
}

function encodePart(
  fd: number,
  { logId, pageSizeBytes, pageCount }: Omit<ImageNote, 'parts'>,
  firstPage: number,
  partPages: number,
): Buffer {
  const count = Math.min(partPages, pageCount - firstPage + 1);
  const pages = Buffer.allocUnsafe(count * pageSizeBytes);
  if (readSync(fd, pages, 0, pages.length, (firstPage - 1) * pageSizeBytes) < pages.length) {
    throw new Error('a copy of the database is shorter than it was');
  }
  const frameBytes = FRAME_HEADER_BYTES + pageSizeBytes;
  const bytes = Buffer.alloc(count * frameBytes);
  for (let index = 0; index < count; index += 1) {
    bytes.writeUInt32BE(firstPage + index, index * frameBytes);
    pages.copy(bytes, index * frameBytes + FRAME_HEADER_BYTES, index * pageSizeBytes, (index + 1) * pageSizeBytes);
  }
  return encodeSegment(logId, new Frames(firstPage, pageSizeBytes, bytes), []);
}
