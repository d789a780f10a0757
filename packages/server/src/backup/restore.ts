/**
 * Brings a whole server back from a backup, into an empty data folder: the control plane's records, and every database that
 * they name.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { databaseFolder, instanceFile, PRIMARY_FILE } from '../files/layout.ts';
import { syncDatabase, syncFolder } from '../files/sync-path.ts';
import { readCatalogue } from './catalogue.ts';
import { decodeControl } from './control-records.ts';
import { CONTROL, controlTime, OWNER_KEY } from './keys.ts';
import { LocalState } from './local-state.ts';
import { ObjectStore } from './object-store.ts';
import type { BackupTarget } from './object-store.ts';
import { Rebuilder } from './rebuild.ts';
import { unsound } from './verify.ts';

export interface RestoreReport {
  readonly databases: number;
  readonly sizeBytes: number;
  /** When the newest commit that was restored had been stored, or the time that was asked for. */
  readonly problems: readonly string[];
}

export interface RestoreOptions {
  readonly target: BackupTarget;
  /** Absolute path; empty, or not there yet. */
  readonly dataDir: string;
  /** As it was then; as it was last without it. */
  readonly atMs: number | undefined;
  readonly tell: (line: string) => void;
}

/** The data folder has something in it. */
export class NotEmpty extends Error {
  override readonly name = 'NotEmpty';
}

/** The folder gets its records last: until then no server takes it for a whole one. */
export async function restoreServer({ target, dataDir, atMs, tell }: RestoreOptions): Promise<RestoreReport> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (readdirSync(dataDir).length > 0) {
    throw new NotEmpty(`${dataDir} is not empty: a restore makes a whole data folder anew`);
  }
  const store = new ObjectStore(target);
  try {
    const records = await newestRecords(store, atMs);
    const control = path.join(dataDir, 'control.db.tmp');
    writeFileSync(control, records.database, { mode: 0o600 });
    const wanted = databasesOf(control);
    tell(`${wanted.size} databases`);
    const report = await restoreDatabases(store, dataDir, wanted, atMs);
    await adopt(store, dataDir);
    if (records.apiToken !== null) {
      writeFileSync(path.join(dataDir, 'api-token'), `${records.apiToken}\n`, { mode: 0o600 });
    }
    syncDatabase(control);
    renameSync(control, path.join(dataDir, 'control.db'));
    syncFolder(dataDir);
    return report;
  } finally {
    store.close();
  }
}

async function newestRecords(store: ObjectStore, atMs: number | undefined) {
  const found = (await store.list(CONTROL)).findLast(({ key }) => controlTime(key) <= (atMs ?? Infinity));
  const body = found === undefined ? undefined : await store.get(found.key);
  if (body === undefined) {
    throw new Error(
      atMs === undefined
        ? 'there is no backup here'
        : `the backup does not reach back to ${new Date(atMs).toISOString()}`,
    );
  }
  return await decodeControl(body);
}

/** Database → locations of its replicas. */
function databasesOf(control: string): Map<string, string[]> {
  const db = new DatabaseSync(control);
  try {
    const rows = db
      .prepare(
        `SELECT d.id, i.location FROM databases d LEFT JOIN instances i ON i.database_id = d.id AND i.role = 'replica'
         WHERE d.state = 'ready'`,
      )
      .all();
    const found = new Map<string, string[]>();
    for (const { id, location } of rows) {
      const known = found.get(String(id)) ?? [];
      found.set(String(id), location === null ? known : [...known, String(location)]);
    }
    return found;
  } finally {
    db.close();
    for (const sidecar of ['-wal', '-shm']) {
      rmSync(`${control}${sidecar}`, { force: true });
    }
  }
}

async function restoreDatabases(
  store: ObjectStore,
  dataDir: string,
  wanted: ReadonlyMap<string, readonly string[]>,
  atMs: number | undefined,
): Promise<RestoreReport> {
  const problems: string[] = [];
  let sizeBytes = 0;
  let databases = 0;
  const rebuilder = new Rebuilder(store, await readCatalogue(store), path.join(dataDir, 'restore.tmp'));
  try {
    await rebuilder.fetchCommits(new Set(wanted.keys()));
    for (const [databaseId, replicas] of wanted) {
      const folder = databaseFolder(dataDir, databaseId);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = path.join(folder, PRIMARY_FILE);
      const rebuilt = await rebuilder.rebuild(databaseId, file, atMs);
      if (rebuilt === undefined || !existsSync(file)) {
        problems.push(`${databaseId}: the backup has nothing of it`);
        continue;
      }
      problems.push(...(rebuilt.problem === undefined ? [] : [rebuilt.problem]));
      problems.push(...unsound(file).map((problem) => `${databaseId}: ${problem}`));
      syncDatabase(file);
      syncFolder(folder);
      for (const location of replicas) {
        // Whoever asks it first makes it anew from the primary.
        copyFileSync(file, path.join(folder, instanceFile({ databaseId, location, role: 'replica' })));
      }
      sizeBytes += rebuilt.sizeBytes;
      databases += 1;
    }
  } finally {
    rebuilder.close();
  }
  return { databases, sizeBytes, problems };
}

/** From now on the backup is this data folder's: the server that made it, should it still live, stops writing to it. */
async function adopt(store: ObjectStore, dataDir: string): Promise<void> {
  const id = randomUUID();
  await store.put(OWNER_KEY, Buffer.from(JSON.stringify({ format: 1, id })));
  const state = new LocalState(dataDir);
  state.begin(id);
  state.close();
}
