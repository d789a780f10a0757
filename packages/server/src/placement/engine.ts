/**
 * What the platform asks of whatever runs its databases: the host processes of this machine (placement.ts) or sqld
 * servers (sqld/sqld-engine.ts), told apart by location (engines.ts). Each call is safe to repeat: the platform repeats
 * it after a crash.
 *
 * Every method rejects with a `SkerryError` of the contract's catalogue.
 *
 * @module
 */
import type { DatabaseSettings, InstanceRef } from '../relay/messages.ts';

/** What a server that keeps settings itself is told of a database. */
export interface DatabasePolicy {
  readonly settings: DatabaseSettings;
  /** Ed25519 public keys whose tokens are good for the database: its own and its group's, in PEM. */
  readonly publicKeysPem: readonly string[];
}

export interface LocationTraits {
  readonly engine: 'embedded' | 'sqld';
  /** The server keeps settings and keys of its own, which `configure` must bring up to date. */
  readonly keepsPolicy: boolean;
  /** Clients may dial the server itself, at `<DbId>.<directDomain>`, port included; undefined where they may not. */
  readonly directDomain?: string;
  /** A database can be copied as it was at an earlier time. */
  readonly restoresToTime: boolean;
  /** A database can be created from a file that its owner uploads. */
  readonly takesUploads: boolean;
}

export interface Engine {
  traits(location: string): LocationTraits;
  /** @throws SkerryError location_not_primary, location_mixed: a group cannot have these locations together */
  checkLocations(primary: string, replica: string | undefined): void;
  /** Whether the location's server answers. */
  statusOf(location: string): 'up' | 'down';
  /** Resolves when the primary can be queried. */
  createDatabase(instance: InstanceRef): Promise<void>;
  /**
   * Ends streams and sockets, closes the database everywhere and removes its files. Fine when there are none.
   *
   * @param location of its primary; undefined when it is not known any more, which is dearer
   */
  dropDatabase(databaseId: string, location: string | undefined): Promise<void>;
  /**
   * Ends streams and sockets and closes the database everywhere; its files stay. Where a server keeps a policy, it lets
   * nobody in until `configure`.
   *
   * @param location of its primary
   */
  closeDatabase(databaseId: string, location: string): Promise<void>;
  /** Resolves when the replica can be queried. */
  addReplica(instance: InstanceRef, primary: InstanceRef): Promise<void>;
  removeReplica(instance: InstanceRef): Promise<void>;
  /**
   * Makes the new database of a dump; `createDatabase` follows, and keeps it.
   *
   * @param textFile path of the dump on this machine
   * @throws SkerryError dump_invalid
   */
  loadDump(textFile: string, target: InstanceRef): Promise<void>;
  /**
   * Fills a newly created database with a consistent copy of another: as it is, or with exactly the commits up to a time
   * (Unix ms) that is not before `restorableSinceMs`.
   */
  copyDatabase(source: InstanceRef, target: InstanceRef, atMs?: number): Promise<void>;
  /** From when on (Unix ms) a database can be copied as it was. */
  restorableSinceMs(instance: InstanceRef): Promise<number>;
  sizeBytes(instance: InstanceRef): Promise<number>;
  /** How far a replica is behind its primary, as far as can be told; nothing for a primary. */
  lag(instance: InstanceRef): Promise<{ readonly frames: number | null; readonly ms: number | null }>;
  /** Makes the primary's server hold this policy and no other. Nothing to do where `keepsPolicy` is false. */
  configure(primary: InstanceRef, policy: DatabasePolicy): Promise<void>;
}
