/**
 * Ties records that several processes may share to the one data folder that holds the databases of embedded locations.
 *
 * The first process of a store names its folder in the records; from then on only a process with that folder may serve
 * embedded locations. Another one would answer for databases whose files it does not have: with empty ones.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

import { StartupError } from '../startup-error.ts';
import { settledOnce } from './once.ts';
import type { Store } from './store.ts';

const FOLDER = 'databases_folder';

/** @throws StartupError `store_unusable` when the databases are in another folder */
export async function claimDatabasesFolder(store: Store, dataDir: string): Promise<void> {
  if (store.dialect === 'sqlite') {
    return;
  }
  const mine = { id: await folderId(dataDir), where: `${dataDir} on ${hostname()}` };
  const theirs = JSON.parse(await settledOnce(store.db, FOLDER, JSON.stringify(mine))) as typeof mine;
  if (theirs.id !== mine.id) {
    throw new StartupError(
      'store_unusable',
      `The databases of these records are in another data folder (first used as ${theirs.where}).`,
      'Start with that folder. Several processes can share records only where sqld servers run all databases.',
    );
  }
}

/** The next process that serves embedded locations brings its own. */
export async function releaseDatabasesFolder(store: Store): Promise<void> {
  await store.db.deleteFrom('settings').where('name', '=', FOLDER).execute();
}

/** Moves with the folder. */
async function folderId(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'folder-id');
  try {
    await writeFile(file, `${randomUUID()}\n`, { flag: 'wx', flush: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw error;
    }
  }
  return (await readFile(file, 'utf8')).trim();
}
