/**
 * Puts frames that a client wrote into the WAL of a database, exactly as they are: the same pages in the same order, so
 * that they have the same numbers on both sides.
 *
 * SQLite itself cannot be asked to do that. But a WAL that lies beside a database which nobody has open is read by the
 * next connection up to its last commit whose salts and checksums are right, as after a crash. So the frames are appended,
 * durably, while SQLite's write lock is held and after every connection of this process is closed; then the database is
 * opened again, and the log says whether they are in it. When another process has it open they are not, nothing has
 * changed, and the client tries again.
 *
 * What a crash can lose: frames that were not acknowledged. Cut off before their commit, they are nothing.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { closeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { openDurable, writeAll } from '../log/durable-files.ts';
import { PageLog } from '../log/page-log.ts';
import type { PageLogOptions } from '../log/page-log.ts';
import { encodeWal } from '../log/wal-writer.ts';

/**
 * @param frames each 24 bytes of header, of which page number and size count, and a page; the last one commits
 * @param position where the log must stand, so that the first frame gets the next number
 * @returns whether they are in the database
 */
export function appendFrames(options: PageLogOptions, frames: Buffer, position: number): boolean {
  const before = new PageLog(options);
  const { id } = before;
  try {
    if (before.position !== position || !append(options.databasePath, before, frames)) {
      return false;
    }
  } finally {
    before.close();
  }
  const after = new PageLog(options);
  const isThere = after.id === id && after.position === position + frames.length / (24 + after.pageSizeBytes);
  after.close();
  return isThere;
}

function append(databasePath: string, log: PageLog, frames: Buffer): boolean {
  const db = new DatabaseSync(databasePath, { timeout: 1_000 });
  try {
    db.exec('PRAGMA wal_autocheckpoint = 0; BEGIN IMMEDIATE');
    const { position } = log;
    log.poll();
    if (log.position !== position) {
      return false;
    }
    const { bytes, offset } = encodeWal(log.walEnd(), frames, log.pageSizeBytes, randomBytes(8));
    const fd = openDurable(`${databasePath}-wal`);
    try {
      writeAll(fd, bytes, offset);
    } finally {
      closeSync(fd);
    }
    db.exec('ROLLBACK');
    return true;
  } finally {
    // The log's own connection is still open, so this one leaves the WAL alone.
    db.close();
  }
}
