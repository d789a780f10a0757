/**
 * Brings a whole server back from a backup, into an empty data folder: the control plane's records, and every database that
 * they name. With records in PostgreSQL, which PostgreSQL's own backup has, the databases alone.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { databaseFolder, instanceFile, PRIMARY_FILE, RESTORE_UNFINISHED } from '../files/layout.ts';
import { syncDatabase, syncFolder } from '../files/sync-path.ts';
import { decodeControl } from './control-records.ts';
import { CONTROL, controlTime } from './keys.ts';
import { LocalState } from './local-state.ts';
import { ObjectStore } from './object-store.ts';
import type { BackupTarget } from './object-store.ts';
import { takeOver } from './owner.ts';
import { ImageDamaged, Rebuilder } from './rebuild.ts';
import { unsound } from './verify.ts';

/** Database → locations of its replicas. */
export type WantedDatabases = ReadonlyMap<string, readonly string[]>;

export interface RestoreReport {
  readonly databases: number;
  readonly sizeBytes: number;
  /** What is missing or damaged, one text for each. */
  readonly problems: readonly string[];
}

export interface RestoreOptions {
  readonly target: BackupTarget;
  /** Absolute path; empty, or not there yet. */
  readonly dataDir: string;
  /** As it was then; as it was last without it. */
  readonly atMs: number | undefined;
  /** The backup stays its server's: what is restored cannot go on with it. */
  readonly isDrill?: boolean;
  /** Where the records are in PostgreSQL: what they name. */
  readonly wanted?: WantedDatabases | undefined;
  readonly tell: (line: string) => void;
}

/** The data folder has something in it. */
export class NotEmpty extends Error {
  override readonly name = 'NotEmpty';
}

/** What is to be restored is not there, or not in this way. */
export class NotRestorable extends Error {
  override readonly name = 'NotRestorable';
}

/** The folder gets its records last, and until then a note that keeps every server from it. */
export async function restoreServer(options: RestoreOptions): Promise<RestoreReport> {
  const { target, dataDir, atMs, isDrill = false, tell } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (readdirSync(dataDir).length > 0) {
    throw new NotEmpty(`${dataDir} is not empty: a restore makes a whole data folder anew`);
  }
  const store = new ObjectStore(target);
  try {
    let records = await newestRecords(store, options);
    const note = path.join(dataDir, RESTORE_UNFINISHED);
    writeFileSync(note, '');
    if (!isDrill) {
      await adopt(store, dataDir);
      // What its server acknowledged until now is in the store now; later it acknowledges nothing.
      records = await newestRecords(store, options);
    }
    const control = path.join(dataDir, 'control.db.tmp');
    if (options.wanted === undefined) {
      writeFileSync(control, records.database, { mode: 0o600 });
    }
    const wanted = options.wanted ?? databasesOf(control);
    tell(`${wanted.size} databases`);
    const report = await restoreDatabases(store, dataDir, wanted, atMs);
    if (records.apiToken !== null) {
      writeFileSync(path.join(dataDir, 'api-token'), `${records.apiToken}\n`, { mode: 0o600 });
    }
    if (options.wanted === undefined) {
      syncDatabase(control);
      renameSync(control, path.join(dataDir, 'control.db'));
    }
    syncFolder(dataDir);
    rmSync(note);
    syncFolder(dataDir);
    return report;
  } finally {
    store.close();
  }
}

async function newestRecords(store: ObjectStore, { atMs, wanted }: RestoreOptions) {
  const found = (await store.list(CONTROL)).findLast(({ key }) => controlTime(key) <= (atMs ?? Infinity));
  const body = found === undefined ? undefined : await store.get(found.key);
  if (body === undefined) {
    throw new NotRestorable(
      atMs === undefined
        ? 'there is no backup here'
        : `the backup does not reach back to ${new Date(atMs).toISOString()}`,
    );
  }
  const records = await decodeControl(body);
  if (records.database.length === 0 && wanted === undefined) {
    throw new NotRestorable(
      "this backup has databases only: the server's records are in PostgreSQL. Restore those first, by PostgreSQL's means, " +
        'and name them with --store postgres://…',
    );
  }
  if (records.database.length > 0 && wanted !== undefined) {
    throw new NotRestorable("this backup has the server's records: restore it without --store");
  }
  return records;
}

/** Deleted ones too, as long as they can be brought back. */
function databasesOf(control: string): WantedDatabases {
  const db = new DatabaseSync(control);
  try {
    const rows = db
      .prepare(
        `SELECT d.id, i.location FROM databases d LEFT JOIN instances i ON i.database_id = d.id AND i.role = 'replica'
         WHERE d.state = 'ready' UNION ALL SELECT id, NULL FROM deleted_databases`,
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
  wanted: WantedDatabases,
  atMs: number | undefined,
): Promise<RestoreReport> {
  const problems: string[] = [];
  let sizeBytes = 0;
  let databases = 0;
  const rebuilder = new Rebuilder(store, path.join(dataDir, 'restore.tmp'));
  try {
    await rebuilder.prepare([...wanted.keys()], atMs);
    problems.push(...rebuilder.problems);
    for (const [databaseId, replicas] of wanted) {
      const folder = databaseFolder(dataDir, databaseId);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = path.join(folder, PRIMARY_FILE);
      const rebuilt = await rebuilder.rebuild(databaseId, file).catch(damageOf);
      if (rebuilt === undefined || typeof rebuilt === 'string') {
        problems.push(rebuilt ?? `${databaseId}: the backup has nothing of it`);
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

/** One damaged database keeps none of the others from being restored. */
function damageOf(error: unknown): string {
  if (error instanceof ImageDamaged) {
    return error.message;
  }
  throw error;
}

/** From now on the backup is this data folder's: the server that made it, should it still live, stops writing to it. */
async function adopt(store: ObjectStore, dataDir: string): Promise<void> {
  const id = randomUUID();
  const state = new LocalState(dataDir);
  state.begin(id);
  state.close();
  await takeOver(store, id);
}
