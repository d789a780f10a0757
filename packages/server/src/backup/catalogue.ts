/**
 * What the store has: images and packs, as its keys tell.
 *
 * @module
 */
import { imageOfKey, IMAGES, packNumbers, PACKS } from './keys.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';

export interface StoredImage {
  readonly databaseId: string;
  readonly logId: string;
  readonly frame: number;
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
      images.set(image.databaseId, [...known, { ...image, noteKey: key, storedMs: modifiedMs }]);
    }
  }
  for (const known of images.values()) {
    known.sort((a, b) => a.storedMs - b.storedMs || a.frame - b.frame);
  }
  const packs = (await store.list(PACKS)).map(({ key, sizeBytes, modifiedMs }) => {
    const { first, last } = packNumbers(key);
    return { key, sizeBytes, modifiedMs, first, last };
  });
  const isRepeated = (pack: StoredPack): boolean =>
    packs.some((other) => other !== pack && other.first <= pack.first && pack.last <= other.last);
  return {
    images,
    packs: packs.filter((pack) => !isRepeated(pack)).sort((a, b) => a.first - b.first),
    imageObjects,
    repeated: packs.filter(isRepeated),
  };
}
