/**
 * What the data plane may know of the control plane: which database an address means, where its instances are, and
 * which keys sign its tokens. Looked up on every request, so it is cached; whoever changes a row says so.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto';

import type { DatabaseSettings, InstanceRole } from '../relay/messages.ts';

/** A public key that signs database tokens. Its id is the `kid` in the token's header. */
export interface TokenKey {
  readonly id: string;
  readonly publicKey: KeyObject;
}

export interface DirectoryInstance {
  readonly instanceId: string;
  readonly location: string;
  readonly role: InstanceRole;
}

export interface DirectoryEntry {
  readonly databaseId: string;
  readonly databaseName: string;
  readonly organizationSlug: string;
  readonly groupId: string;
  readonly instances: readonly DirectoryInstance[];
  readonly settings: DatabaseSettings;
  /** Signs tokens for this database alone. */
  readonly databaseKey: TokenKey;
  /** Signs tokens for every database of the group. */
  readonly groupKey: TokenKey;
  /** Group tokens issued at or before this Unix time (ms) are refused for this database; 0 means none is. */
  readonly groupTokensRefusedUntilMs: number;
  /** Where outside issuers whose tokens are accepted show their keys. */
  readonly keySetUrls: readonly string[];
  readonly allowedIps: readonly string[];
  /** Databases that may be attached to this one: same group, with attach allowed, by name and by id. */
  readonly attachable: readonly { readonly name: string; readonly databaseId: string }[];
}

/** Not a promise when the answer is there: most requests find their database without a turn of the event loop. */
export type MaybeAtOnce<Value> = Value | Promise<Value>;

export interface Directory {
  /** By DNS label `<database>-<organization>`, taken whole; undefined when no such database is ready to serve. */
  byLabel(label: string): MaybeAtOnce<DirectoryEntry | undefined>;
  byName(organizationSlug: string, databaseName: string): MaybeAtOnce<DirectoryEntry | undefined>;
  byId(databaseId: string): Promise<DirectoryEntry | undefined>;
  /**
   * Calls back, synchronously and before the changing API call is answered, when an entry changed: settings, keys,
   * instances, or the database is gone. Returns the way to stop.
   */
  onChange(listener: (databaseId: string) => void): () => void;
}
