import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Instance } from '@skerry/contract/operations/instances';
import type { z } from 'zod';

import type { InstanceRef } from '../../relay/messages.ts';
import { type DatabaseRow, findDatabase, type InstanceRow, instancesOf } from '../databases/store.ts';
import type { OrganizationAccess } from '../http/request.ts';
import type { Parts } from '../parts.ts';

type Shown = z.input<typeof Instance>;

export class InstanceService {
  readonly #parts: Pick<Parts, 'db' | 'addresses' | 'engine' | 'log'>;

  constructor(parts: Pick<Parts, 'db' | 'addresses' | 'engine' | 'log'>) {
    this.#parts = parts;
  }

  /** @throws SkerryError database_not_found */
  async list(organization: OrganizationAccess, databaseName: string): Promise<Shown[]> {
    const { db } = this.#parts;
    const database = await findDatabase(db, organization.id, { name: databaseName });
    if (database === undefined) {
      throw new SkerryError('database_not_found', { database: databaseName });
    }
    const instances = await instancesOf(db, database.id);
    return await Promise.all(
      instances.filter(({ ready }) => ready === 1).map(async (instance) => await this.#show(database, instance)),
    );
  }

  async #lag(
    instance: InstanceRef,
  ): Promise<{ readonly frames: number | null; readonly ms: number | null } | undefined> {
    const { engine, log } = this.#parts;
    try {
      return instance.role === 'primary' ? { frames: 0, ms: 0 } : await engine.lag(instance);
    } catch (error) {
      // Where an instance is, is worth telling without it.
      log.warn({ ...instance, err: error }, 'the lag of a replica is unknown');
      return undefined;
    }
  }

  /** @throws SkerryError database_not_found, instance_not_found */
  async get(organization: OrganizationAccess, databaseName: string, location: string): Promise<Shown> {
    const instances = await this.list(organization, databaseName);
    const instance = instances.find(({ name }) => name === location);
    if (instance === undefined) {
      throw new SkerryError('instance_not_found', { instance: location, database: databaseName });
    }
    return instance;
  }

  async #show(database: DatabaseRow, { id, location, role }: InstanceRow): Promise<Shown> {
    const { addresses, engine } = this.#parts;
    const databaseId = database.id;
    const { directDomain } = engine.traits(location);
    const lag = await this.#lag({ databaseId, location, role });
    return {
      uuid: id,
      name: location,
      type: role,
      region: location,
      hostname:
        directDomain === undefined
          ? addresses.instanceHostname({ location, label: database.label, databaseId })
          : `${databaseId}.${directDomain}`,
      status: engine.statusOf(location),
      lag_frames: lag?.frames ?? null,
      lag_ms: lag?.ms ?? null,
    };
  }
}
