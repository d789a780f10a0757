/**
 * Whose backup it is: `owner.json` in the store. Two servers that wrote to one backup would each destroy the other's, so a
 * data folder has an id, and writes only while the store names it. It is looked at after every upload, and an upload counts
 * only then: what was acknowledged is there when another server takes the backup over, which it does before it reads.
 *
 * Each takeover begins an *epoch*, which is the high part of every upload's number. So the keys of two owners never meet,
 * and what a former one was still sending is older than anything of the present one.
 *
 * @module
 */
import { OWNER_KEY } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

export interface Owner {
  readonly id: string;
  readonly epoch: number;
}

const FORMAT = 2;
/** Uploads of one epoch: a hundred a second for thirty years. */
const EPOCH_NUMBERS = 1e11;

/** The backup is another data folder's. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs';

  constructor() {
    super('the backup belongs to another data folder: choose another bucket or prefix, or restore from this one first');
  }
}

/** Undefined: nobody's yet. */
export async function readOwner(store: ObjectStore): Promise<Owner | undefined> {
  const stored = await store.get(OWNER_KEY);
  if (stored === undefined) {
    return undefined;
  }
  const { format, id, epoch } = JSON.parse(stored.toString()) as { format: number; id: string; epoch: number };
  if (format !== FORMAT) {
    throw new Error(`the backup has format ${format}, and this version of Skerry knows format ${FORMAT}`);
  }
  return { id, epoch };
}

/** Makes it this owner's from now on. */
export async function takeOver(store: ObjectStore, id: string): Promise<Owner> {
  const owner = { id, epoch: ((await readOwner(store))?.epoch ?? 0) + 1 };
  await store.put(OWNER_KEY, Buffer.from(JSON.stringify({ format: FORMAT, ...owner })));
  return owner;
}

/** @throws {NotOurs} */
export async function checkOwner(store: ObjectStore, id: string | undefined): Promise<void> {
  if ((await readOwner(store))?.id !== id) {
    throw new NotOurs();
  }
}

/** The number before an epoch's first upload. */
export function numbersBegin({ epoch }: Owner): number {
  return epoch * EPOCH_NUMBERS;
}
