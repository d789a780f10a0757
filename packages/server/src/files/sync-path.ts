/**
 * Makes files and names survive a loss of power.
 *
 * Node's permission model, under which hosts run, has no fsync. SQLite has: it syncs a database with all that was ever
 * written to the file, and the folder in which it made a journal with all its names (`unixSync` in its `os_unix.c`).
 *
 * @module
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';

/** Syncs a folder: what was created, renamed or removed in it stays so. */
export function syncFolder(folder: string): void {
  // Several hosts make databases in one folder: with one name, each would take the file from under the others.
  const scratch = path.join(folder, `sync-${process.pid}.tmp`);
  rmSync(scratch, { force: true });
  const db = new DatabaseSync(scratch);
  try {
    // A new journal is synced together with the folder that it is in. More would be for the journal's sake.
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL; PRAGMA user_version = 1');
  } finally {
    db.close();
    rmSync(scratch, { force: true });
  }
}

/** Syncs a database file that nobody has open, however it was written, and leaves it in WAL mode without a WAL. */
export function syncDatabase(database: string): void {
  const db = new DatabaseSync(database);
  try {
    const [version] = Object.values(db.prepare('PRAGMA user_version').get() ?? {});
    // A checkpoint syncs the file only when it moves something into it.
    db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA user_version = ${Number(version)}; ` +
        'PRAGMA wal_checkpoint(TRUNCATE)',
    );
  } finally {
    db.close();
  }
}
