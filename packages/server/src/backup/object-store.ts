/**
 * Where backups lie: any store that speaks S3. What S3 answers in its own ways ends here: a missing object is undefined, a
 * list is whole, and whatever else goes wrong is an error whose message a person understands.
 *
 * @module
 */
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

export interface BackupTarget {
  readonly bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
  /** Undefined: AWS. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Undefined: those of the process's environment, in the variables that AWS's tools read. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface StoredObject {
  /** Below the target's prefix. */
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** Objects that one request may delete (S3's own limit). */
const DELETED_AT_ONCE = 1000;
const CONNECT_MS = 5_000;
/** Without a byte from the store. */
const SILENCE_MS = 30_000;
const ATTEMPTS = 3;

/** What a conditional write is answered with. */
const [PRECONDITION_FAILED, CONFLICT, NOT_IMPLEMENTED] = [412, 409, 501];

/** The store is away, or refuses. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
}

export class ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor({ bucket, prefix, endpoint, region, credentials }: BackupTarget) {
    this.#bucket = bucket;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.#client = new S3Client({
      region,
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      ...(credentials === undefined ? {} : { credentials }),
      maxAttempts: ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: SILENCE_MS },
      // Many stores do not know AWS's newer checksums; what is stored has checksums of its own.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  /** Resolves when the object is stored, whole. */
  async put(key: string, body: Uint8Array): Promise<void> {
    const input = { Bucket: this.#bucket, Key: this.#prefix + key, Body: body, ContentLength: body.length };
    await this.#told(`store ${key}`, this.#client.send(new PutObjectCommand(input)));
  }

  /** @returns false when there is one already. A store that does not know conditions writes over it and says true. */
  async putIfAbsent(key: string, body: Uint8Array): Promise<boolean> {
    const input = { Bucket: this.#bucket, Key: this.#prefix + key, Body: body, ContentLength: body.length };
    try {
      await this.#client.send(new PutObjectCommand({ ...input, IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      if (status === PRECONDITION_FAILED || status === CONFLICT) {
        return false;
      }
      if (status === NOT_IMPLEMENTED) {
        await this.put(key, body);
        return true;
      }
      return await this.#told(`store ${key}`, Promise.reject(error as Error));
    }
  }

  /** @param range only bytes from the first number up to the second, as far as there are so many */
  async get(key: string, range?: readonly [number, number]): Promise<Buffer | undefined> {
    try {
      const input = { Bucket: this.#bucket, Key: this.#prefix + key };
      const part = range === undefined ? {} : { Range: `bytes=${range[0]}-${range[1] - 1}` };
      const { Body: body } = await this.#client.send(new GetObjectCommand({ ...input, ...part }));
      return body === undefined ? undefined : Buffer.from(await body.transformToByteArray());
    } catch (error) {
      if (error instanceof NoSuchKey) {
        return undefined;
      }
      return await this.#told(`read ${key}`, Promise.reject(error as Error));
    }
  }

  /** All below a prefix, in order of their keys. */
  async list(prefix: string): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    let token: string | undefined;
    do {
      const input = { Bucket: this.#bucket, Prefix: this.#prefix + prefix, ContinuationToken: token };
      const page = await this.#told(`list ${prefix}`, this.#client.send(new ListObjectsV2Command(input)));
      for (const { Key: key = '', Size: sizeBytes = 0, LastModified: modified } of page.Contents ?? []) {
        found.push({ key: key.slice(this.#prefix.length), sizeBytes, modifiedMs: modified?.getTime() ?? 0 });
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** What follows a prefix up to the next slash, without it, of all objects; in order. */
  async folders(prefix: string): Promise<string[]> {
    const found: string[] = [];
    const start = this.#prefix + prefix;
    let token: string | undefined;
    do {
      const input = { Bucket: this.#bucket, Prefix: start, Delimiter: '/', ContinuationToken: token };
      const page = await this.#told(`list ${prefix}`, this.#client.send(new ListObjectsV2Command(input)));
      found.push(...(page.CommonPrefixes ?? []).map(({ Prefix: folder = '' }) => folder.slice(start.length, -1)));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found.sort();
  }

  /** Fine when some are gone. */
  async delete(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += DELETED_AT_ONCE) {
      const objects = keys.slice(at, at + DELETED_AT_ONCE).map((key) => ({ Key: this.#prefix + key }));
      const input = { Bucket: this.#bucket, Delete: { Objects: objects, Quiet: true } };
      await this.#told('delete objects', this.#client.send(new DeleteObjectsCommand(input)));
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #told<Result>(what: string, request: Promise<Result>): Promise<Result> {
    try {
      return await request;
    } catch (error) {
      const { name = 'error', message = String(error) } = error instanceof Error ? error : {};
      throw new ObjectStoreError(`could not ${what} in bucket ${this.#bucket}: ${name}: ${message}`, { cause: error });
    }
  }
}
