/**
 * Keeps what is stored small: packs become fewer, and what no restore within the retention needs goes.
 *
 * @module
 */
import { type Catalogue, readCatalogue, type StoredPack } from './catalogue.ts';
import { CONTROL, controlTime, imageFolder, packKey } from './keys.ts';
import type { LocalState } from './local-state.ts';
import type { BackupLimits, BackupOptions } from './messages.ts';
import type { ObjectStore } from './object-store.ts';
import { checkOwner } from './owner.ts';
import { decodePack, encodePack, type PackEntry, type PackPiece, readPackEntries } from './pack.ts';

export interface TidyParts {
  readonly limits: BackupLimits;
  readonly store: ObjectStore;
  readonly options: Pick<BackupOptions, 'retentionMs'>;
  readonly state: LocalState;
  readonly gateway: { exists(databaseId: string): boolean };
  /** An image of it is on its way: what it has so far is no rubbish. */
  readonly isUploading: (databaseId: string) => boolean;
}

/** Records of every moment for a day, then one of each hour. */
const CONTROL_ALL_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;

export class Tidy {
  readonly #parts: TidyParts;
  /** Since packs were merged last. */
  #newPacks = 0;
  #removedMs = Date.now();

  constructor(parts: TidyParts) {
    this.#parts = parts;
  }

  get isDue(): boolean {
    return (
      this.#newPacks >= this.#parts.limits.mergeAtPacks ||
      Date.now() - this.#removedMs >= this.#parts.limits.removeEveryMs
    );
  }

  /** Looks at what there is. @returns the highest number of an upload */
  async start(): Promise<number> {
    const { packs, images } = await readCatalogue(this.#parts.store);
    this.#newPacks = packs.length;
    const numbers = [...images.values()].flat().map(({ number }) => number);
    return [...numbers, ...packs.map(({ last }) => last)].reduce((most, number) => Math.max(most, number), 0);
  }

  packStored(): void {
    this.#newPacks += 1;
  }

  async run(): Promise<void> {
    const { store, state } = this.#parts;
    await checkOwner(store, state.owner);
    if (this.#newPacks >= this.#parts.limits.mergeAtPacks) {
      this.#newPacks = 0;
      await mergePacks(store, this.#parts.limits.mergedBytesMax);
    }
    if (Date.now() - this.#removedMs >= this.#parts.limits.removeEveryMs) {
      this.#removedMs = Date.now();
      await removeObsolete(this.#parts);
    }
  }
}

/** Makes one pack of many small ones. A crash leaves some of them twice, which does no harm. */
export async function mergePacks(store: ObjectStore, mergedBytesMax: number): Promise<void> {
  const { packs, repeated } = await readCatalogue(store);
  await store.delete(repeated.map(({ key }) => key));
  for (const run of runsOf(packs, mergedBytesMax)) {
    const [first] = run;
    const last = run.at(-1);
    if (first === undefined || last === undefined || first === last) {
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
  }
}

/** Neighbours that fit into one pack together. */
function runsOf(packs: readonly StoredPack[], mergedBytesMax: number): StoredPack[][] {
  const runs: StoredPack[][] = [];
  let sizeBytes = Infinity;
  for (const pack of packs) {
    if (sizeBytes + pack.sizeBytes > mergedBytesMax) {
      runs.push([]);
      sizeBytes = 0;
    }
    runs.at(-1)?.push(pack);
    sizeBytes += pack.sizeBytes;
  }
  return runs.map(withoutLarge);
}

/** A large pack before few small ones stays: else it would be written again with each of them. */
function withoutLarge(run: readonly StoredPack[]): StoredPack[] {
  let restBytes = run.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const from = run.findIndex(({ sizeBytes }) => {
    restBytes -= sizeBytes;
    return sizeBytes <= restBytes;
  });
  return from === -1 ? [] : run.slice(from);
}

/** Deletes images, commits and records that no restore to a time within the retention needs. */
export async function removeObsolete(parts: Omit<TidyParts, 'limits'>, nowMs = Date.now()): Promise<void> {
  const { store, options, isUploading } = parts;
  const beforeMs = nowMs - options.retentionMs;
  const catalogue = await readCatalogue(store);
  const { neededFrom, keptFolders } = neededImages(parts, catalogue, beforeMs, nowMs);
  const goneImages = catalogue.imageObjects.filter(
    ({ key, modifiedMs }) =>
      modifiedMs < beforeMs &&
      !keptFolders.has(key.slice(0, key.lastIndexOf('/') + 1)) &&
      !isUploading(key.split('/')[1] ?? ''),
  );
  const gonePacks: string[] = [];
  const isNeeded = ({ databaseId, logId, lastFrame }: PackEntry): boolean =>
    lastFrame > (neededFrom.get(`${databaseId}/${logId}`) ?? Infinity);
  for (const { key } of catalogue.packs.filter(({ modifiedMs }) => modifiedMs < beforeMs)) {
    const entries = (await readPackEntries(store, key)) ?? [];
    const needed = entries.filter(isNeeded);
    if (needed.length === 0) {
      gonePacks.push(key);
    } else if (bytesOf(needed) < bytesOf(entries) / 2) {
      // Else one database that rarely changes would keep what all others have committed.
      const body = await store.get(key);
      await (body === undefined ? undefined : store.put(key, encodePack(piecesOf(body, needed))));
    }
  }
  // Images first: one without the commits behind it would still seem to be whole.
  await store.delete(goneImages.map(({ key }) => key).sort(notesFirst));
  await store.delete([...gonePacks, ...(await goneRecords(store, beforeMs, nowMs))]);
}

/** Which images restores to a time within the retention begin with; the frame behind which commits of a log are needed. */
function neededImages(
  { state, gateway }: Omit<TidyParts, 'limits'>,
  { images }: Catalogue,
  beforeMs: number,
  nowMs: number,
) {
  const neededFrom = new Map<string, number>();
  const keptFolders = new Set<string>();
  for (const [databaseId, all] of images) {
    // Of a deleted one everything stays until a restore to a time before its deletion is none within the retention.
    const goneSinceMs = gateway.exists(databaseId) ? undefined : state.goneSince(databaseId, nowMs);
    if (goneSinceMs === undefined) {
      state.isBack(databaseId);
    } else if (goneSinceMs < beforeMs) {
      continue;
    }
    // The newest one that is older than the retention is where restores to its beginning begin.
    const oldest = all.findLastIndex(({ storedMs }) => storedMs < beforeMs);
    for (const image of all.slice(Math.max(0, oldest))) {
      keptFolders.add(imageFolder(image));
      const name = `${databaseId}/${image.logId}`;
      neededFrom.set(name, Math.min(neededFrom.get(name) ?? Infinity, image.frame));
    }
  }
  return { neededFrom, keptFolders };
}

function piecesOf(pack: Buffer, needed: readonly PackEntry[]): PackPiece[] {
  const names = new Set(needed.map(nameOf));
  return decodePack(pack).filter((piece) => names.has(nameOf(piece)));
}

function nameOf({ databaseId, logId, firstFrame }: Omit<PackEntry, 'sizeBytes'>): string {
  return `${databaseId}/${logId}/${firstFrame}`;
}

function bytesOf(entries: readonly PackEntry[]): number {
  return entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** An image without its note is none; one without a part would be a broken one. */
function notesFirst(a: string, b: string): number {
  return Number(b.endsWith('/image.json')) - Number(a.endsWith('/image.json'));
}

async function goneRecords(store: ObjectStore, beforeMs: number, nowMs: number): Promise<string[]> {
  const keys = (await store.list(CONTROL)).map(({ key }) => key);
  // What there was when the retention begins.
  const oldest = keys.findLastIndex((key) => controlTime(key) < beforeMs);
  const hours = new Set<number>();
  return keys.toReversed().filter((key, fromEnd) => {
    const at = keys.length - 1 - fromEnd;
    const ms = controlTime(key);
    const hour = Math.floor(ms / HOUR_MS);
    const isKept =
      at === keys.length - 1 || at === oldest || (at > oldest && (ms >= nowMs - CONTROL_ALL_MS || !hours.has(hour)));
    hours.add(hour);
    return !isKept;
  });
}
