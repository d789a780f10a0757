/**
 * One engine of several: each location belongs to exactly one of them, and a group's locations to the same.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { InstanceRef } from '../relay/messages.ts';
import type { DatabasePolicy, Engine, LocationTraits } from './engine.ts';

export class Engines implements Engine {
  readonly #embedded: Engine;
  readonly #sqld: Engine;
  readonly #isSqld: (location: string) => boolean;

  /** @param isSqld whether a location is served by an sqld server; every other one is this machine's */
  constructor(embedded: Engine, sqld: Engine, isSqld: (location: string) => boolean) {
    this.#embedded = embedded;
    this.#sqld = sqld;
    this.#isSqld = isSqld;
  }

  traits(location: string): LocationTraits {
    return this.#of(location).traits(location);
  }

  checkLocations(primary: string, replica: string | undefined): void {
    if (replica !== undefined && this.#of(primary) !== this.#of(replica)) {
      throw new SkerryError('location_mixed', { location: replica, primary });
    }
    this.#of(primary).checkLocations(primary, replica);
  }

  statusOf(location: string): 'up' | 'down' {
    return this.#of(location).statusOf(location);
  }

  async lag(instance: InstanceRef): ReturnType<Engine['lag']> {
    return await this.#of(instance.location).lag(instance);
  }

  async createDatabase(instance: InstanceRef): Promise<void> {
    await this.#of(instance.location).createDatabase(instance);
  }

  async dropDatabase(databaseId: string, location: string | undefined): Promise<void> {
    const engines = location === undefined ? [this.#embedded, this.#sqld] : [this.#of(location)];
    for (const engine of engines) {
      await engine.dropDatabase(databaseId, location);
    }
  }

  async closeDatabase(databaseId: string, location: string): Promise<void> {
    await this.#of(location).closeDatabase(databaseId, location);
  }

  async addReplica(instance: InstanceRef, primary: InstanceRef): Promise<void> {
    await this.#of(instance.location).addReplica(instance, primary);
  }

  async removeReplica(instance: InstanceRef): Promise<void> {
    await this.#of(instance.location).removeReplica(instance);
  }

  async copyDatabase(source: InstanceRef, target: InstanceRef, atMs?: number): Promise<void> {
    if (this.#of(source.location) !== this.#of(target.location)) {
      throw new SkerryError('copy_between_servers', { source: source.location, target: target.location });
    }
    await this.#of(target.location).copyDatabase(source, target, atMs);
  }

  async restorableSinceMs(instance: InstanceRef): Promise<number> {
    return await this.#of(instance.location).restorableSinceMs(instance);
  }

  async loadDump(textFile: string, target: InstanceRef): Promise<void> {
    await this.#of(target.location).loadDump(textFile, target);
  }

  async sizeBytes(instance: InstanceRef): Promise<number> {
    return await this.#of(instance.location).sizeBytes(instance);
  }

  async configure(primary: InstanceRef, policy: DatabasePolicy): Promise<void> {
    await this.#of(primary.location).configure(primary, policy);
  }

  #of(location: string): Engine {
    return this.#isSqld(location) ? this.#sqld : this.#embedded;
  }
}
