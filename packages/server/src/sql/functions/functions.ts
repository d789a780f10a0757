/**
 * Functions that libSQL has and SQLite has not.
 *
 * @module
 */
import type { DatabaseSync } from 'node:sqlite';

export function addFunctions(_db: DatabaseSync): void {
  // Vectors come here.
}
