/**
 * Keeps what is stored small: packs become fewer, and what no restore within the retention needs goes.
 *
 * @module
 */
import { readCatalogue, type StoredPack } from './catalogue.ts';
import { CONTROL, controlTime, imageFolder, packKey } from './keys.ts';
import type { LocalState } from './local-state.ts';
import type { BackupOptions } from './messages.ts';
import type { ObjectStore } from './object-store.ts';
import { decodePack, encodePack, type PackPiece } from './pack.ts';

/** A merged pack is held in memory. */
const MERGED_BYTES_MAX = 32 * 1024 * 1024;
/** Records of every moment for a day, then one of each day. */
const CONTROL_ALL_MS = 24 * 3_600_000;

/** Makes one pack of many small ones. A crash leaves some of them twice, which does no harm. @returns packs that are left */
export async function mergePacks(store: ObjectStore): Promise<number> {
  const { packs, repeated } = await readCatalogue(store);
  await store.delete(repeated.map(({ key }) => key));
  let left = packs.length;
  for (const run of runsOf(packs)) {
    const [first] = run;
    const last = run.at(-1);
    if (first === undefined || last === undefined || run.length < 2) {
      continue;
    }
    const pieces: PackPiece[] = [];
    for (const { key } of run) {
      const body = await store.get(key);
      if (body === undefined) {
        throw new Error(`${key} is missing in the store`);
      }
      pieces.push(...decodePack(body));
    }
    await store.put(packKey(first.first, last.last), encodePack(pieces));
    await store.delete(run.map(({ key }) => key));
    left -= run.length - 1;
  }
  return left;
}

/** Neighbours that fit into one pack together. */
function runsOf(packs: readonly StoredPack[]): StoredPack[][] {
  const runs: StoredPack[][] = [];
  let sizeBytes = Infinity;
  for (const pack of packs) {
    if (sizeBytes + pack.sizeBytes > MERGED_BYTES_MAX) {
      runs.push([]);
      sizeBytes = 0;
    }
    runs.at(-1)?.push(pack);
    sizeBytes += pack.sizeBytes;
  }
  return runs;
}

/** Deletes images, packs and records that no restore to a time within the retention needs. */
export async function removeObsolete(parts: {
  readonly store: ObjectStore;
  readonly options: BackupOptions;
  readonly state: LocalState;
}): Promise<void> {
  const { store, options } = parts;
  const beforeMs = Date.now() - options.retentionMs;
  const { images, imageObjects, packs } = await readCatalogue(store);
  /** The frames behind which commits of a log are needed. */
  const neededFrom = new Map<string, number>();
  const keptFolders = new Set<string>();
  const known = new Set(parts.state.databases().map(({ databaseId }) => databaseId));
  for (const [databaseId, all] of images) {
    // The newest one that is older than the retention is where restores to its beginning begin.
    const oldest = all.findLastIndex(({ storedMs }) => storedMs < beforeMs);
    const kept = known.has(databaseId)
      ? all.slice(Math.max(0, oldest))
      : all.filter(({ storedMs }) => storedMs >= beforeMs);
    for (const { logId, frame } of kept) {
      keptFolders.add(imageFolder(databaseId, logId, frame));
      const name = `${databaseId}/${logId}`;
      neededFrom.set(name, Math.min(neededFrom.get(name) ?? Infinity, frame));
    }
  }
  const goneImages = imageObjects.filter(
    ({ key, modifiedMs }) => modifiedMs < beforeMs && !keptFolders.has(key.slice(0, key.lastIndexOf('/') + 1)),
  );
  const gonePacks: string[] = [];
  for (const { key, modifiedMs } of packs.filter((pack) => pack.modifiedMs < beforeMs)) {
    const body = await store.get(key);
    const isNeeded = decodePack(body ?? encodePack([])).some(
      ({ databaseId, logId, lastFrame }) => lastFrame > (neededFrom.get(`${databaseId}/${logId}`) ?? Infinity),
    );
    if (!isNeeded && modifiedMs < beforeMs) {
      gonePacks.push(key);
    }
  }
  await store.delete([...goneImages.map(({ key }) => key), ...gonePacks, ...(await goneRecords(store, beforeMs))]);
}

async function goneRecords(store: ObjectStore, beforeMs: number): Promise<string[]> {
  const keys = (await store.list(CONTROL)).map(({ key }) => key);
  const newest = keys.at(-1);
  const days = new Set<number>();
  return keys.toReversed().filter((key) => {
    const ms = controlTime(key);
    const day = Math.floor(ms / 86_400_000);
    const isKept = key === newest || (ms >= beforeMs && (ms >= Date.now() - CONTROL_ALL_MS || !days.has(day)));
    days.add(day);
    return !isKept;
  });
}
