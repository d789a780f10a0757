/**
 * Copies a database of any size while it is written to.
 *
 * @module
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

import { withSidecars } from '../files/layout.ts';
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
  try {
    for (let pageNo = 1; pageNo <= snapshot.pageCount; pageNo += CHUNK_PAGES) {
      const bytes = snapshot.pages(pageNo, Math.min(CHUNK_PAGES, snapshot.pageCount - pageNo + 1));
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
