/**
 * What the platform asks of whatever runs its databases. Today the host processes of this machine (placement.ts);
 * later also sqld servers. Each call is safe to repeat: the platform repeats it after a crash.
 *
 * Every method rejects with a `SkerryError` of the contract's catalogue.
 *
 * @module
 */
import type { InstanceRef, ReplicaLag } from '../relay/messages.ts';

export interface Engine {
  /** Resolves when the primary can be queried. */
  createDatabase(instance: InstanceRef): Promise<void>;
  /** Ends streams and sockets, closes the database everywhere and removes its files. Fine when there are none. */
  dropDatabase(databaseId: string): Promise<void>;
  /** Resolves when the replica can be queried. */
  addReplica(instance: InstanceRef, primary: InstanceRef): Promise<void>;
  removeReplica(instance: InstanceRef): Promise<void>;
  /** Fills a newly created database with a consistent copy of another. */
  copyDatabase(source: InstanceRef, target: InstanceRef): Promise<void>;
  /**
   * Makes the new database of a dump; `createDatabase` follows, and keeps it.
   *
   * @param textFile path of the dump on this machine
   * @throws SkerryError dump_invalid
   */
  loadDump(textFile: string, target: InstanceRef): Promise<void>;
  sizeBytes(instance: InstanceRef): Promise<number>;
  /** How far a replica is behind its primary; nothing for a primary. */
  lag(instance: InstanceRef): Promise<ReplicaLag>;
}
