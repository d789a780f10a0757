/**
 * sqld's admin API, as much of it as running databases there needs. Routes and bodies are those of its
 * `http/admin/mod.rs` (0.24): success is 200, a body must be declared as JSON, and a namespace that is not there is 404.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';

import { z } from 'zod';

/** What a namespace is told; a POST that leaves a field out resets it, so it is always written whole. */
const NamespaceConfig = z.looseObject({
  block_reads: z.boolean(),
  block_writes: z.boolean(),
  block_reason: z.string().nullish(),
  max_db_size: z.string().nullish(),
  heartbeat_url: z.string().nullish(),
  jwt_key: z.string().nullish(),
  allow_attach: z.boolean().nullish(),
  txn_timeout_s: z.number().nullish(),
  durability_mode: z.string().nullish(),
});
export type NamespaceConfig = z.infer<typeof NamespaceConfig>;

const NamespaceStats = z.looseObject({
  rows_read_count: z.number(),
  rows_written_count: z.number(),
  storage_bytes_used: z.number(),
  replication_index: z.number().nullish(),
  embedded_replica_frames_replicated: z.number().nullish(),
  top_queries: z.array(z.looseObject({ query: z.string(), rows_read: z.number(), rows_written: z.number() })),
});
export type NamespaceStats = z.infer<typeof NamespaceStats>;

/**
 * Whether a 404 means the namespace (sqld's `error.rs`). A server that closes namespaces to make room says it also, for a
 * moment, of one that is there (0.24: its `namespace/store.rs` finds the entry taken that it has just loaded).
 */
export function saysNamespaceMissing(body: string): boolean {
  return body.startsWith('{"error":"Namespace `') && body.includes("` doesn't exist");
}

/** The server answered, and refused. */
export class AdminRefusal extends Error {
  override readonly name = 'AdminRefusal';
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`the server answered ${status}: ${body.slice(0, 500)}`);
    this.status = status;
    this.body = body;
  }
}

/** Copying a large namespace takes its time; everything else is a look at a small file. */
const TIMEOUT_MS = 10_000;
const FORK_TIMEOUT_MS = 10 * 60_000;
const CHECKPOINT_TIMEOUT_MS = 60_000;
/** Of what did not find its namespace. */
const TRIES_MAX = 10;

export class AdminApi {
  readonly #baseUrl: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param key of `--admin-auth-key`; undefined for a server that asks for none */
  constructor(baseUrl: string, key: string | undefined) {
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
    // sqld compares what follows the scheme with the key as it is, without any encoding.
    this.#headers = key === undefined ? {} : { authorization: `basic ${key}` };
  }

  /** Answers whether it is new. */
  async create(namespace: string): Promise<boolean> {
    return await this.#post(`${pathOf(namespace)}/create`, {}).then(
      () => true,
      (error: unknown) => {
        // The only 400 that a body of ours can get: "Namespace `x` already exists".
        if (error instanceof AdminRefusal && error.status === 400 && error.message.includes('already exists')) {
          return false;
        }
        throw error;
      },
    );
  }

  /** @param asOf UTC; needs a server with bottomless replication */
  async fork(source: string, target: string, asOf?: Date): Promise<void> {
    const body = asOf === undefined ? {} : { timestamp: asOf.toISOString().replace(/Z$/, '') };
    await this.#post(`${pathOf(source)}/fork/${encodeURIComponent(target)}`, body, FORK_TIMEOUT_MS);
  }

  /**
   * Fine when there is none.
   *
   * @param keepBackup Leaves what bottomless replication has stored. Without it, sqld 0.24 marks the name as deleted; of a
   *   namespace that never stored anything the mark stays, and who gets the name next cannot be opened after a restart.
   */
  async drop(namespace: string, { keepBackup = false } = {}): Promise<void> {
    await this.#send('DELETE', pathOf(namespace), { keep_backup: keepBackup }).catch((error: unknown) => {
      if (!(error instanceof AdminRefusal && error.status === 404)) {
        throw error;
      }
    });
  }

  /**
   * Copies the write-ahead log into the database file, whereupon bottomless replication begins a new generation. An answer
   * is no proof of it: an open transaction, or nothing to copy, is a success as well. The namespace must be open (`stats`
   * opens it): sqld 0.24 afterwards takes one that is not for missing.
   */
  async checkpoint(namespace: string): Promise<void> {
    await this.#post(`${pathOf(namespace)}/checkpoint`, {}, CHECKPOINT_TIMEOUT_MS);
  }

  async config(namespace: string): Promise<NamespaceConfig> {
    return NamespaceConfig.parse(JSON.parse(await this.#send('GET', `${pathOf(namespace)}/config`)));
  }

  async setConfig(namespace: string, config: NamespaceConfig): Promise<void> {
    await this.#post(`${pathOf(namespace)}/config`, config);
  }

  async stats(namespace: string): Promise<NamespaceStats> {
    return NamespaceStats.parse(JSON.parse(await this.#send('GET', `${pathOf(namespace)}/stats`)));
  }

  async #post(path: string, body: object, timeoutMs = TIMEOUT_MS): Promise<void> {
    await this.#send('POST', path, body, timeoutMs);
  }

  async #send(method: string, path: string, body?: object, timeoutMs = TIMEOUT_MS): Promise<string> {
    for (let triesLeft = TRIES_MAX; ; triesLeft -= 1) {
      try {
        return await this.#sendOnce(method, path, body, timeoutMs);
      } catch (error) {
        const isMissing = error instanceof AdminRefusal && error.status === 404 && saysNamespaceMissing(error.body);
        if (!isMissing || method === 'DELETE' || triesLeft === 0) {
          throw error;
        }
        await pause(2 ** (TRIES_MAX - triesLeft));
      }
    }
  }

  async #sendOnce(method: string, path: string, body: object | undefined, timeoutMs: number): Promise<string> {
    const response = await fetch(`${this.#baseUrl}${path}`, {
      method,
      headers: { ...this.#headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new AdminRefusal(response.status, text);
    }
    return text;
  }
}

function pathOf(namespace: string): string {
  return `/v1/namespaces/${encodeURIComponent(namespace)}`;
}
