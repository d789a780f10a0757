/**
 * Writing files so that they are still there, whole, after a power loss.
 *
 * Hosts run under Node's permission model, which has no fsync. Two ways around it: a file that is opened for
 * synchronous writing (`O_DSYNC`), and SQLite, which syncs a folder in which it makes a journal.
 *
 * @module
 */
import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

// Absent on Windows, where libuv writes through when it is told O_SYNC only.
const SYNCHRONOUS = constants.O_DSYNC ?? constants.O_SYNC ?? 0;

/** Opens a file whose writes are durable when they return; makes it when it is not there. */
export function openDurable(file: string): number {
  return openSync(file, constants.O_RDWR | constants.O_CREAT | SYNCHRONOUS, 0o600);
}

/** Puts a whole file in place: afterwards, and after any crash, it is there whole or not at all. */
export function writeDurably(file: string, content: Uint8Array): void {
  const draft = `${file}.tmp`;
  rmSync(draft, { force: true });
  const fd = openDurable(draft);
  try {
    writeAll(fd, content, 0);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
  syncFolder(path.dirname(file));
}

/** Makes creations, renames and removals in a folder durable. */
export function syncFolder(folder: string): void {
  const scratch = path.join(folder, 'sync.tmp');
  rmSync(scratch, { force: true });
  const db = new DatabaseSync(scratch);
  try {
    // A new journal is synced together with the folder that it is in.
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA user_version = 1');
  } finally {
    db.close();
    rmSync(scratch, { force: true });
  }
}

/** Writes every byte at a position; a single write may stop early. */
export function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(fd, bytes, written, bytes.length - written, position + written);
  }
}
