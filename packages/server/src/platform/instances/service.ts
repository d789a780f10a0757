import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Instance } from '@skerry/contract/operations/instances';
import type { z } from 'zod';

import type { InstanceRef } from '../../relay/messages.ts';
import { findDatabase, instancesOf } from '../databases/store.ts';
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
    const { db, addresses } = this.#parts;
    const database = await findDatabase(db, organization.id, { name: databaseName });
    if (database === undefined) {
      throw new SkerryError('database_not_found', { database: databaseName });
    }
    const instances = await instancesOf(db, database.id);
    return await Promise.all(
      instances
        .filter(({ ready }) => ready === 1)
        .map(async ({ id, location, role }) => ({
          uuid: id,
          name: location,
          type: role,
          region: location,
          hostname: addresses.instanceHostname({ location, label: database.label, databaseId: database.id }),
          ...(await this.#lag({ databaseId: database.id, location, role })),
        })),
    );
  }

  async #lag(instance: InstanceRef): Promise<Pick<Shown, 'lag_frames' | 'lag_ms'>> {
    if (instance.role === 'primary') {
      return { lag_frames: 0, lag_ms: 0 };
    }
    const { engine, log } = this.#parts;
    try {
      const { frames, ms } = await engine.lag(instance);
      return { lag_frames: frames, lag_ms: ms };
    } catch (error) {
      // Where an instance is, is worth telling without it.
      log.warn({ ...instance, err: error }, "a replica's lag is unknown");
      return { lag_frames: null, lag_ms: null };
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
}
