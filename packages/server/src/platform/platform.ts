/**
 * Composes the control plane: what it is given, what it offers.
 *
 * @module
 */
import type { Hono } from 'hono';
import type { Logger } from 'pino';

import type { ServerConfig } from '../config.ts';
import type { Engine } from '../placement/engine.ts';
import type { Store } from '../store/store.ts';
import type { Addresses } from './addresses.ts';
import type { Directory } from './directory.ts';

export interface PlatformOptions {
  readonly store: Store;
  readonly engine: Engine;
  readonly config: Pick<ServerConfig, 'owner' | 'locations'>;
  readonly addresses: Addresses;
  readonly log: Logger;
  /** Milliseconds since 1970; replaced in tests. */
  readonly now?: () => number;
}

export interface Bootstrap {
  /** In clear, only when this call made it: the store keeps a hash. */
  readonly newApiToken: string | undefined;
}

export interface UsageSample {
  readonly databaseId: string;
  readonly location: string;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly bytesSynced: number;
}

export interface QuerySample {
  readonly databaseId: string;
  readonly sql: string;
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

export interface Platform {
  /** Answers everything on the bare address that begins with /v1/, /v2/, /v3/ or is /releases/latest. */
  readonly app: Hono;
  readonly directory: Directory;
  /**
   * Makes owner, personal organization, default group and first API token if the store is empty. Safe to repeat.
   * `keepToken` is awaited before the token's record is written: a crash between the two leaves a token in the file
   * that nobody has, which the next start replaces, and never a record whose token is lost.
   */
  bootstrap(keepToken: (token: string) => Promise<void>): Promise<Bootstrap>;
  /** Finishes or undoes what a crash left behind. Needs a working engine; call before requests are served. */
  recover(): Promise<void>;
  /** The gateway tells that the file for a database with `awaitingUpload` is in place. */
  uploadFinished(databaseId: string): Promise<void>;
  /** Cheap and synchronous; written to the store in batches. */
  recordUsage(sample: UsageSample): void;
  recordQuery(sample: QuerySample): void;
  /** Writes what is still in memory. Does not close the store. */
  close(): Promise<void>;
}

export function createPlatform(_options: PlatformOptions): Platform {
  throw new Error('not composed yet');
}
