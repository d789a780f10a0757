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

/** 8 MB of pages. */
const PART_PAGES = 2048;
const PARTS_AT_ONCE = 3;

/**
 * Stores a database file that nobody writes to. The image counts once its note is stored, which is last.
 *
 * @returns bytes stored
 */
export async function uploadImage(store: ObjectStore, file: string, about: Omit<ImageNote, 'parts'>): Promise<number> {
  const folder = imageFolder(about.databaseId, about.logId, about.frame);
  const parts = Math.ceil(about.pageCount / PART_PAGES);
  let storedBytes = 0;
  const fd = openSync(file, 'r');
  try {
    for (let at = 1; at <= parts; at += PARTS_AT_ONCE) {
      const some = Array.from({ length: Math.min(PARTS_AT_ONCE, parts - at + 1) }, (_, index) => at + index);
      await Promise.all(
        some.map(async (part) => {
          const bytes = encodePart(fd, about, part);
          storedBytes += bytes.length;
          await store.put(`${folder}${padded(part)}.seg`, bytes);
        }),
      );
    }
  } finally {
    closeSync(fd);
  }
  await store.put(`${folder}image.json`, Buffer.from(JSON.stringify({ ...about, parts } satisfies ImageNote)));
  return storedBytes;
}

function encodePart(fd: number, { logId, pageSizeBytes, pageCount }: Omit<ImageNote, 'parts'>, part: number): Buffer {
  const first = (part - 1) * PART_PAGES + 1;
  const count = Math.min(PART_PAGES, pageCount - first + 1);
  const frameBytes = FRAME_HEADER_BYTES + pageSizeBytes;
  const bytes = Buffer.alloc(count * frameBytes);
  for (let index = 0; index < count; index += 1) {
    bytes.writeUInt32BE(first + index, index * frameBytes);
    const at = index * frameBytes + FRAME_HEADER_BYTES;
    readSync(fd, bytes, at, pageSizeBytes, (first + index - 1) * pageSizeBytes);
  }
  return encodeSegment(logId, new Frames(first, pageSizeBytes, bytes), []);
}
