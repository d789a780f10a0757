/**
 * What lies where below the backup's prefix:
 *
 * ```
 * owner.json                                            whose backup this is (owner.ts)
 * control/<Unix ms>.zst                                 the control plane's records
 * images/<database>/<number>-<log>-<frame>/<part>.seg   a whole database as of one frame of its log
 *                                         /image.json   written last: without it there is no image
 * packs/<first number>-<last number>.pack               commits of many databases since (pack.ts)
 * ```
 *
 * Uploads are numbered, images and packs together: whatever a pack has that an image lacks has a higher number than the
 * image. Numbers are padded, so that the order of keys is the order of things.
 *
 * @module
 */
export const OWNER_KEY = 'owner.json';
export const CONTROL = 'control/';
export const IMAGES = 'images/';
export const PACKS = 'packs/';

export function padded(number: number): string {
  return String(number).padStart(15, '0');
}

export function controlKey(unixMs: number): string {
  return `${CONTROL}${padded(unixMs)}.zst`;
}

export function controlTime(key: string): number {
  return Number(key.slice(CONTROL.length, CONTROL.length + 15));
}

export function imageFolder({ databaseId, number, logId, frame }: ImageName): string {
  return `${IMAGES}${databaseId}/${padded(number)}-${logId}-${padded(frame)}/`;
}

export function packKey(first: number, last: number): string {
  return `${PACKS}${padded(first)}-${padded(last)}.pack`;
}

/** Numbers of the uploads that a pack has; a merged one has those of several. */
export function packNumbers(key: string): { readonly first: number; readonly last: number } {
  const [first = '', last = ''] = key.slice(PACKS.length, -'.pack'.length).split('-');
  return { first: Number(first), last: Number(last) };
}

export interface ImageName {
  readonly databaseId: string;
  /** Of the upload: the newest image of a database has the highest. */
  readonly number: number;
  readonly logId: string;
  readonly frame: number;
}

/** An image that is whole in the store. */
export interface ImageNote extends ImageName {
  /** When it was taken. */
  readonly unixMs: number;
  readonly pageSizeBytes: number;
  readonly pageCount: number;
  readonly parts: number;
}

const NOTE = /^images\/([^/]+)\/(\d+)-([^/]+)-(\d+)\/image\.json$/;

/** What the key of an `image.json` says. */
export function imageOfKey(key: string): ImageName | undefined {
  const [, databaseId, number, logId, frame] = NOTE.exec(key) ?? [];
  return databaseId === undefined || logId === undefined
    ? undefined
    : { databaseId, number: Number(number), logId, frame: Number(frame) };
}
