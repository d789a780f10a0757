/**
 * What the store has: images and packs, as its keys tell.
 *
 * @module
 */
import { type ImageName, imageOfKey, IMAGES, packNumbers, PACKS } from './keys.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';

export interface StoredImage extends ImageName {
  readonly noteKey: string;
  /** When it was stored whole. */
  readonly storedMs: number;
}

export interface StoredPack extends StoredObject {
  readonly first: number;
  readonly last: number;
}

export interface Catalogue {
  /** By database, oldest first. */
  readonly images: ReadonlyMap<string, readonly StoredImage[]>;
  /** In order; none that is part of another. */
  readonly packs: readonly StoredPack[];
  /** Everything below `images/`. */
  readonly imageObjects: readonly StoredObject[];
  /** Packs that a merged one repeats: a crash came before they were deleted. */
  readonly repeated: readonly StoredPack[];
}

export async function readCatalogue(store: ObjectStore): Promise<Catalogue> {
  const imageObjects = await store.list(IMAGES);
  const images = new Map<string, StoredImage[]>();
  for (const { key, modifiedMs } of imageObjects) {
    const image = imageOfKey(key);
    if (image !== undefined) {
      const known = images.get(image.databaseId) ?? [];
      known.push({ ...image, noteKey: key, storedMs: modifiedMs });
      images.set(image.databaseId, known);
    }
  }
  for (const known of images.values()) {
    // The store's clock tells seconds at best: only numbers tell which of two is newer.
    known.sort((a, b) => a.number - b.number);
  }
  return { images, imageObjects, ...(await listPacks(store)) };
}

async function listPacks(store: ObjectStore): Promise<Pick<Catalogue, 'packs' | 'repeated'>> {
  const all = (await store.list(PACKS)).map(({ key, sizeBytes, modifiedMs }) => {
    const { first, last } = packNumbers(key);
    return { key, sizeBytes, modifiedMs, first, last };
  });
  const packs: StoredPack[] = [];
  const repeated: StoredPack[] = [];
  let covered = -1;
  // A merged pack comes before those that are part of it.
  for (const pack of all.sort((a, b) => a.first - b.first || b.last - a.last)) {
    (pack.last <= covered ? repeated : packs).push(pack);
    covered = Math.max(covered, pack.last);
  }
  return { packs, repeated };
}
