/**
 * A bucket for sqld's bottomless replication, and what lies in it.
 *
 * @module
 */
import { ObjectStore } from '@skerry/server/backup/object-store';

import { eventually } from './eventually.ts';
import { BUCKET, FaultyStore } from './object-store.ts';

/** First part of the names there. */
const DATABASE_ID = 'test';
const BATCH_INTERVAL_MS = 1000;

export class BottomlessBucket implements AsyncDisposable {
  readonly #faulty: FaultyStore;
  readonly #store: ObjectStore;
  readonly #credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };

  private constructor(faulty: FaultyStore) {
    this.#faulty = faulty;
    const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = faulty.environment;
    this.#credentials = { accessKeyId, secretAccessKey };
    const { endpoint } = faulty;
    this.#store = new ObjectStore({
      bucket: BUCKET,
      prefix: '',
      endpoint,
      region: 'us-east-1',
      credentials: this.#credentials,
    });
  }

  /** @param folder where the objects are kept */
  static async start(folder: string): Promise<BottomlessBucket> {
    return new BottomlessBucket(await FaultyStore.start(folder));
  }

  /** For sqld, whoever starts it. */
  get environment(): Record<string, string> {
    return {
      LIBSQL_BOTTOMLESS_ENDPOINT: this.#faulty.endpoint,
      LIBSQL_BOTTOMLESS_BUCKET: BUCKET,
      LIBSQL_BOTTOMLESS_DATABASE_ID: DATABASE_ID,
      LIBSQL_BOTTOMLESS_AWS_ACCESS_KEY_ID: this.#credentials.accessKeyId,
      LIBSQL_BOTTOMLESS_AWS_SECRET_ACCESS_KEY: this.#credentials.secretAccessKey,
      LIBSQL_BOTTOMLESS_AWS_DEFAULT_REGION: 'us-east-1',
      LIBSQL_BOTTOMLESS_BATCH_INTERVAL_SECS: String(BATCH_INTERVAL_MS / 1000),
    };
  }

  /** What the file of fleets says of it. */
  get fleetField(): object {
    return { databaseId: DATABASE_ID, bucket: BUCKET, endpoint: this.#faulty.endpoint, ...this.#credentials };
  }

  /** Of a namespace: batches of frames and snapshots, by their keys. */
  async contents(namespace: string): Promise<string[]> {
    const keys = (await this.#store.list(`ns-${DATABASE_ID}:${namespace}-`)).map(({ key }) => key);
    return keys.filter((key) => /\/(?:\d+-\d+-\d+|db)\.zstd$/.test(key));
  }

  /**
   * Runs what writes, and resolves when it is stored and the second is over in which it was.
   *
   * @returns an instant (Unix ms) with all of it and nothing of later
   */
  async stored(namespace: string, write: () => Promise<unknown>): Promise<number> {
    const before = new Set(await this.contents(namespace));
    await write();
    const writtenMs = Date.now();
    return await eventually(async () => {
      const added = (await this.contents(namespace)).filter((key) => !before.has(key));
      const seconds = added.flatMap((key) => /-(\d+)\.zstd$/.exec(key)?.[1] ?? []).map(Number);
      const lastSecond = Math.max(...seconds);
      const endMs = (lastSecond + 1) * 1000;
      // One of the second of the write may have been closed amid it; then another follows in the interval.
      const isSure = lastSecond * 1000 > writtenMs;
      if (!(endMs > writtenMs && Date.now() >= endMs + (isSure ? 0 : 2 * BATCH_INTERVAL_MS))) {
        throw new Error(`not stored yet: ${added.join(' ')}`);
      }
      return endMs;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#store.close();
    await this.#faulty[Symbol.asyncDispose]();
  }
}
