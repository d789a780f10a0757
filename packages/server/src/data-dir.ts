/**
 * The data folder belongs to one server process at a time: two that checkpoint and delete in the same folder would
 * destroy each other's work.
 *
 * The claim is an exclusive SQLite transaction on an empty file, `lock`. SQLite holds it with a lock of the operating
 * system, which ends with the process however that dies; so there is no stale lock to judge, and no process id that
 * another program may have inherited since. `lock.pid` beside it only tells a person who the holder is.
 *
 * @module
 */
import { constants, existsSync } from 'node:fs';
import { access, chmod, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { RESTORE_UNFINISHED } from './files/layout.ts';
import { StartupError } from './startup-error.ts';

export interface DataDirClaim {
  /** Gives the folder back. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Makes the folder when it is missing and claims it for this process.
 *
 * @param dataDir absolute path
 * @throws StartupError `data_dir_locked` when another process serves it, `data_dir_unusable` when it cannot be written,
 *   or a restore has not finished filling it
 */
export async function claim(dataDir: string): Promise<DataDirClaim> {
  await makeWritable(dataDir);
  if (existsSync(path.join(dataDir, RESTORE_UNFINISHED))) {
    throw new StartupError(
      'data_dir_unusable',
      `A restore into the data folder ${dataDir} was begun and did not finish.`,
      'Delete the folder and run skerry restore again.',
    );
  }
  const pidPath = path.join(dataDir, 'lock.pid');
  const lock = await lockFile(dataDir, pidPath);
  await writeFile(pidPath, `${process.pid}\n`);
  return {
    async release() {
      if (!lock.isOpen) {
        return;
      }
      // In the other order this could remove the note of a successor.
      await rm(pidPath, { force: true });
      lock.close();
    },
  };
}

async function makeWritable(dataDir: string): Promise<void> {
  try {
    // Tenants' data and token hashes: nobody else on this machine has business here.
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    // Root passes every access check, also on a read-only file system; only a write tells.
    const probe = path.join(dataDir, `probe-${process.pid}`);
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    throw new StartupError(
      'data_dir_unusable',
      `The data folder ${dataDir} cannot be used: ${reason(error)}.`,
      'Choose a folder that this user may write with --data-dir, or change its owner.',
      error,
    );
  }
}

async function lockFile(dataDir: string, pidPath: string): Promise<DatabaseSync> {
  const lock = new DatabaseSync(path.join(dataDir, 'lock'), { timeout: 0 });
  try {
    // A journal in memory leaves no second file; nothing is ever written.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    const pid = await readFile(pidPath, 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
    throw new StartupError(
      'data_dir_locked',
      `The data folder ${dataDir} is in use by another Skerry${pid === '' ? '' : ` (process ${pid})`}.`,
      `Stop that one first${pid === '' ? '' : ` (kill ${pid})`}, or start this one with another --data-dir.`,
      error,
    );
  }
}

export function apiTokenPath(dataDir: string): string {
  return path.join(dataDir, 'api-token');
}

/** Keeps the first API token where only the owner of the process can read it; complete or not there at all. */
export async function keepApiToken(dataDir: string, token: string): Promise<void> {
  const target = apiTokenPath(dataDir);
  const draft = `${target}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(`${token}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  // The mode given to open() is ignored for a draft that a crash left behind.
  await chmod(draft, 0o600);
  await rename(draft, target);
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EEXIST':
    case 'ENOTDIR':
      return 'part of the path is a file, not a folder';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
