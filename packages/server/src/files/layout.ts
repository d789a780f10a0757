/**
 * Where a host keeps the files of its databases:
 *
 * ```
 * <dataDir>/databases/<last two characters of the id>/<database id>/primary.db
 *                                                                  /log/       the primary's page log
 *                                                                  /replica-<location>.db, .db.state
 *                                                                  /*.tmp      half-made files, worth nothing
 * ```
 *
 * The middle folder keeps each folder small with 100,000 databases.
 *
 * @module
 */
import path from 'node:path';

import type { InstanceRef } from '../relay/messages.ts';

/** In a data folder that a restore has begun to fill, and not finished. */
export const RESTORE_UNFINISHED = 'restore-unfinished';
export const PRIMARY_FILE = 'primary.db';
/** The page log of the primary. */
export const LOG_FOLDER = 'log';

const DATABASE_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LOCATION = /^[a-z0-9][a-z0-9_-]{0,62}$/i;

/** @throws when the id is not a UUID: it becomes part of a path, so nothing else may pass */
export function databaseFolder(dataDir: string, databaseId: string): string {
  if (!DATABASE_ID.test(databaseId)) {
    throw new Error(`not a database id: ${JSON.stringify(databaseId)}`);
  }
  return path.join(dataDir, 'databases', databaseId.slice(-2), databaseId);
}

/** The file name of an instance within its database's folder. @throws when the location is not a location code */
export function instanceFile(instance: InstanceRef): string {
  if (instance.role === 'primary') {
    return PRIMARY_FILE;
  }
  if (!LOCATION.test(instance.location)) {
    throw new Error(`not a location code: ${JSON.stringify(instance.location)}`);
  }
  return `replica-${instance.location}.db`;
}

/** A database file and what SQLite puts beside it. */
export function withSidecars(databasePath: string): [string, string, string] {
  return [databasePath, `${databasePath}-wal`, `${databasePath}-shm`];
}
