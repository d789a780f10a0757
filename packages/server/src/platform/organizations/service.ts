import type { Organization } from '@skerry/contract/operations/organizations';
import type { z } from 'zod';

import type { Caller } from '../http/request.ts';
import type { Parts } from '../parts.ts';
import { shownOrganization } from './shown.ts';
import { organizationsOf } from './store.ts';

type Shown = z.input<typeof Organization>;

export class OrganizationService {
  readonly #parts: Pick<Parts, 'db'>;

  constructor(parts: Pick<Parts, 'db'>) {
    this.#parts = parts;
  }

  /** Those that the caller's token counts in. */
  async list(caller: Caller): Promise<Shown[]> {
    const rows = await organizationsOf(this.#parts.db, caller.userId);
    return rows.filter(({ id }) => (caller.organizationId ?? id) === id).map(shownOrganization);
  }
}
