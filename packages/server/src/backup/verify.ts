/**
 * Restores from the store into temporary files and compares: every byte with what the host has of the same frame, and
 * SQLite's own check on top. A backup that nobody has restored is a hope.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';

import type { Gateway } from './backup.ts';
import { decodeControl } from './control-records.ts';
import { CONTROL } from './keys.ts';
import type { LocalState } from './local-state.ts';
import type { BackupOptions, Verification } from './messages.ts';
import type { ObjectStore } from './object-store.ts';
import { Rebuilder } from './rebuild.ts';

/** Others have their turn next time. */
const DATABASES_MAX = 50;

export async function verify(parts: {
  readonly options: BackupOptions;
  readonly store: ObjectStore;
  readonly state: LocalState;
  readonly gateway: Gateway;
}): Promise<Verification> {
  const { options, store, state, gateway } = parts;
  const problems: string[] = [];
  const scratch = path.join(options.dataDir, 'backup', 'verify.tmp');
  const known = shuffled(state.databases()).slice(0, DATABASES_MAX);
  const rebuilder = new Rebuilder(store, scratch);
  let databases = 0;
  try {
    await rebuilder.prepare(known.map(({ databaseId }) => databaseId));
    problems.push(...rebuilder.problems);
    for (const { databaseId, logId, storedTo } of known) {
      const target = path.join(scratch, 'restored.db');
      rmSync(target, { force: true });
      const rebuilt = await rebuilder.rebuild(databaseId, target);
      if (rebuilt === undefined || rebuilt.problem !== undefined || rebuilt.logId !== logId) {
        problems.push(rebuilt?.problem ?? `${databaseId}: the store has no image of its present log`);
        continue;
      }
      if (rebuilt.storedTo < storedTo) {
        problems.push(`${databaseId}: stored up to frame ${storedTo}, but what is there ends with ${rebuilt.storedTo}`);
        continue;
      }
      const { reply } = await gateway.command(databaseId, { type: 'write_image', databaseId, frame: rebuilt.frame });
      const { image } = reply;
      if (image === undefined || image.logId !== logId) {
        // Deleted, or another log, since this began: nothing to compare with.
        continue;
      }
      try {
        const [ours, theirs] = await Promise.all([digestOf(target), digestOf(image.path)]);
        if (ours !== theirs) {
          problems.push(`${databaseId}: what was restored differs from the database at frame ${rebuilt.frame}`);
        }
      } finally {
        rmSync(image.path, { force: true });
      }
      problems.push(...unsound(target).map((problem) => `${databaseId}: ${problem}`));
      databases += 1;
    }
    problems.push(...(await unsoundRecords(store, scratch)));
  } finally {
    rebuilder.close();
  }
  return { ok: problems.length === 0, finishedMs: Date.now(), databases, problems };
}

async function unsoundRecords(store: ObjectStore, scratch: string): Promise<string[]> {
  const newest = (await store.list(CONTROL)).at(-1);
  const body = newest === undefined ? undefined : await store.get(newest.key);
  if (body === undefined) {
    return ["the control plane's records are not stored yet"];
  }
  const { database } = await decodeControl(body);
  if (database.length === 0) {
    return [];
  }
  const copy = path.join(scratch, 'control.db');
  writeFileSync(copy, database, { mode: 0o600 });
  return unsound(copy).map((problem) => `the control plane's records: ${problem}`);
}

/** What SQLite finds wrong with a file. */
export function unsound(file: string): string[] {
  const db = new DatabaseSync(file);
  try {
    db.exec('PRAGMA trusted_schema = OFF');
    const found = db
      .prepare('PRAGMA integrity_check')
      .all()
      .map((row) => String(Object.values(row)[0]));
    return found.filter((text) => text !== 'ok');
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    db.close();
    for (const sidecar of [`${file}-wal`, `${file}-shm`]) {
      rmSync(sidecar, { force: true });
    }
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
