/**
 * What sqld's bottomless replication has stored of a namespace, as far as it must be known to restore from it: which times
 * there are, and whether sqld will find all that belongs to one. Forms and rules are those of `bottomless/src/` (0.24).
 *
 * A namespace's history is a row of generations, folders of the bucket. One begins with a snapshot of the database (`db.*`),
 * or follows another (`.dep`), or begins empty; what is written afterwards follows in batches of frames, whose names tell
 * which frames they have and in which second they were closed. A second is the finest time that there is: a commit has none
 * of its own, only its batch has.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { ObjectStore, StoredObject } from '../../backup/object-store.ts';

export interface Generation {
  /** Its UUID, 7th version, of a time that runs backwards, so that the newest is listed first. */
  readonly id: string;
  /** Unix time of the second in which it began. */
  readonly second: number;
}

export interface Batch {
  readonly first: number;
  readonly last: number;
  /** Unix time of the second in which it was closed. */
  readonly second: number;
}

/** `253370761200 - seconds` and `999999999 - nanoseconds` are what sqld puts into a generation's UUID. */
const BACKWARDS_FROM_S = 253_370_761_200;
/** Generations that sqld goes back to find a snapshot. */
const CHAIN_MAX = 100;
const UUID = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;
const BATCH = /\/(?<first>\d+)-(?<last>\d+)-(?<second>\d+)\.(?:zstd|gz|raw)$/;

export class BottomlessHistory {
  readonly #store: ObjectStore;
  readonly #databaseId: string;

  constructor(store: ObjectStore, databaseId: string) {
    this.#store = store;
    this.#databaseId = databaseId;
  }

  /** The newest first. @throws SkerryError restore_not_stored */
  async generations(namespace: string): Promise<Generation[]> {
    const folders = await this.#ask(async (store) => await store.folders(this.#folder(namespace)));
    return folders.filter((folder) => UUID.test(folder)).map((id) => ({ id, second: secondOf(id) }));
  }

  /** From when on it can be restored; undefined when nothing is stored. @throws SkerryError restore_not_stored */
  async earliestMs(namespace: string): Promise<number | undefined> {
    for (const { id, second } of (await this.generations(namespace)).toReversed()) {
      const start = `${this.#folder(namespace)}${id}/`;
      const marks = await this.#list(`${start}.`);
      const isFirst = marks.some(isMeta) && !marks.some(isDependency);
      // A store that forgets old objects leaves generations without their beginning.
      if (isFirst || (await this.#list(`${start}db.`)).length > 0) {
        return (second + 1) * 1000;
      }
    }
    return undefined;
  }

  /** Of one generation, in the order of their frames. @throws SkerryError restore_not_stored */
  async batches(namespace: string, generation: string): Promise<Batch[]> {
    return batchesOf(await this.#list(`${this.#folder(namespace)}${generation}/`));
  }

  /**
   * Whether sqld, told to restore up to a second, applies every batch that was closed until then. It stops without a word
   * at frames that do not follow; such a place comes about when a large transaction is rolled back after a part of it was
   * stored, since what is written next has the same numbers.
   *
   * @throws SkerryError restore_not_stored
   */
  async hasAllUpTo(namespace: string, generation: string, second: number): Promise<boolean> {
    let id = generation;
    for (let depth = 0; depth < CHAIN_MAX; depth += 1) {
      const folder = `${this.#folder(namespace)}${id}/`;
      const objects = await this.#list(folder);
      const batches = batchesOf(objects);
      if (!areAllApplied(batches, second) || (batches.length > 0 && !objects.some(isMeta))) {
        return false;
      }
      if (objects.some(isSnapshot)) {
        return true;
      }
      if (!objects.some(isDependency)) {
        return batches.length > 0;
      }
      const parent = await this.#ask(async (store) => await store.get(`${folder}.dep`));
      if (parent?.length !== 16) {
        return false;
      }
      id = parent.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    }
    return false;
  }

  close(): void {
    this.#store.close();
  }

  #folder(namespace: string): string {
    return `ns-${this.#databaseId}:${namespace}-`;
  }

  async #list(prefix: string): Promise<StoredObject[]> {
    return await this.#ask(async (store) => await store.list(prefix));
  }

  async #ask<T>(work: (store: ObjectStore) => Promise<T>): Promise<T> {
    try {
      return await work(this.#store);
    } catch (error) {
      const problem = 'the object store that has the history cannot be read';
      throw new SkerryError('restore_not_stored', { problem }, { cause: error });
    }
  }
}

function secondOf(id: string): number {
  const milliseconds = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return BACKWARDS_FROM_S - Math.floor(milliseconds / 1000);
}

function batchesOf(objects: readonly StoredObject[]): Batch[] {
  return objects.flatMap(({ key }) => {
    const { first, last, second } = BATCH.exec(key)?.groups ?? {};
    return first === undefined ? [] : [{ first: Number(first), last: Number(last), second: Number(second) }];
  });
}

/** Frames are numbered from 1 in each generation. */
function areAllApplied(batches: readonly Batch[], second: number): boolean {
  let lastFrame = 0;
  const stop = batches.findIndex((batch) => {
    const isNext = batch.first === lastFrame + 1 && batch.second <= second;
    lastFrame = isNext ? batch.last : lastFrame;
    return !isNext;
  });
  return stop < 0 || batches.slice(stop).every((batch) => batch.second > second);
}

function isSnapshot({ key }: StoredObject): boolean {
  return /\/db\.(?:zstd|gz|raw)$/.test(key);
}

function isDependency({ key }: StoredObject): boolean {
  return key.endsWith('/.dep');
}

function isMeta({ key }: StoredObject): boolean {
  return key.endsWith('/.meta');
}
