/**
 * How a replica's file gets its content. For now it is copied whole from the primary when somebody reads it and it is
 * older; the page log is to replace this file.
 *
 * What a crash can lose: nothing. A replica is a copy that can be made again, and a half-made one has another name.
 *
 * @module
 */
import { constants, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { withSidecars } from '../files/layout.ts';
import { syncDatabase, syncFolder } from '../files/sync-path.ts';

/**
 * Makes `target` a consistent copy of a database that may be in use.
 *
 * The file is copied before its WAL, under a read transaction: whatever is checkpointed into the file meanwhile stands in
 * the WAL too, and a WAL that is cut anywhere is one up to its last whole commit.
 *
 * @param target replaced when it exists; who has the old one open keeps it
 */
export function copyDatabaseFile(source: string, target: string): void {
  const draft = `${target}.tmp`;
  removeAll(draft);
  const db = new DatabaseSync(source, { timeout: 1_000 });
  try {
    db.exec('PRAGMA wal_autocheckpoint = 0; BEGIN; SELECT count(*) FROM sqlite_master');
    copyFileSync(source, draft, constants.COPYFILE_FICLONE);
    if (existsSync(`${source}-wal`)) {
      copyFileSync(`${source}-wal`, `${draft}-wal`, constants.COPYFILE_FICLONE);
    }
    db.exec('COMMIT');
  } finally {
    db.close();
  }
  // This also moves the copied WAL into the copy, so that one rename puts the whole in place.
  syncDatabase(draft);
  removeAll(target);
  renameSync(draft, target);
  syncFolder(path.dirname(target));
}

/** Something that changes when the database does: cheap enough to ask before every statement. */
export function versionOf(database: string): string {
  return withSidecars(database)
    .slice(0, 2)
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat === undefined ? '-' : `${stat.size}:${stat.mtimeMs}`;
    })
    .join('/');
}

function removeAll(database: string): void {
  for (const file of withSidecars(database)) {
    rmSync(file, { force: true });
  }
}
