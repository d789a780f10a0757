/**
 * Whose backup it is: `owner.json` in the store. Two servers that wrote to one backup would each destroy the other's, so a
 * data folder has an id, and writes only while the store names it. It is looked at after every upload, and an upload counts
 * only then: what was acknowledged is there when another server takes the backup over, which it does before it reads.
 *
 * Each takeover begins an *epoch*, which is the high part of every upload's number. So the keys of two owners never meet,
 * and what a former one was still sending is older than anything of the present one.
 *
 * Of two servers that claim an empty backup at the same moment one gets it, where the store knows conditional writes. Where it
 * does not, the later one gets it, and the other one notices after its first upload; steps of epochs are random, so that the
 * two do not write over each other's meanwhile.
 *
 * @module
 */
import { randomInt } from 'node:crypto';

import { OWNER_KEY } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

export interface Owner {
  readonly id: string;
  readonly epoch: number;
}

const FORMAT = 2;
/** Uploads of one epoch: a hundred a second for thirty years. */
const EPOCH_NUMBERS = 1e11;
/** The numbers that JavaScript counts exactly have room for more than a thousand takeovers. */
const EPOCH_STEP_MAX = 64;

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

/** Makes it this owner's from now on, whoever's it was. */
export async function takeOver(store: ObjectStore, id: string): Promise<void> {
  await store.put(OWNER_KEY, noteOf(nextOwner(id, await readOwner(store))));
}

/** Makes it this owner's, as long as it is nobody's. @throws {NotOurs} */
export async function claim(store: ObjectStore, id: string): Promise<Owner> {
  const owner = nextOwner(id, undefined);
  if (!(await store.putIfAbsent(OWNER_KEY, noteOf(owner)))) {
    throw new NotOurs();
  }
  await checkOwner(store, id);
  return owner;
}

function nextOwner(id: string, former: Owner | undefined): Owner {
  return { id, epoch: (former?.epoch ?? 0) + randomInt(1, EPOCH_STEP_MAX + 1) };
}

function noteOf(owner: Owner): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...owner }));
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
