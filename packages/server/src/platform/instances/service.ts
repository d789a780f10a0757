import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Instance } from '@skerry/contract/operations/instances';
import type { z } from 'zod';

import { findDatabase, instancesOf } from '../databases/store.ts';
import type { OrganizationAccess } from '../http/request.ts';
import type { Parts } from '../parts.ts';

type Shown = z.input<typeof Instance>;

export class InstanceService {
  readonly #parts: Pick<Parts, 'db' | 'addresses'>;

  constructor(parts: Pick<Parts, 'db' | 'addresses'>) {
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
    return instances
      .filter(({ ready }) => ready === 1)
      .map(({ id, location, role }) => ({
        uuid: id,
        name: location,
        type: role,
        region: location,
        hostname: addresses.instanceHostname({ location, label: database.label, databaseId: database.id }),
      }));
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
