/**
 * Writing files so that they are still there, whole, after a power loss.
 *
 * Hosts run under Node's permission model, which has no fsync; a file can be opened for synchronous writing, though.
 *
 * @module
 */
import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

import { syncFolder } from '../files/sync-path.ts';

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

/** Writes every byte at a position; a single write may stop early. */
export function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(fd, bytes, written, bytes.length - written, position + written);
  }
}
