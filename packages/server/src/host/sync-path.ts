/**
 * Makes a file, or the names in a folder, survive a loss of power.
 *
 * @module
 */
import { closeSync, fsyncSync, openSync } from 'node:fs';

export function syncPath(target: string): void {
  const handle = openSync(target, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
