import { SkerryError } from '@skerry/contract/errors/catalogue';
import type * as operations from '@skerry/contract/operations/organizations';
import type { Transaction } from 'kysely';
import type { z } from 'zod';

import type { Flag, Tables } from '../../store/tables.ts';
import { isUniqueViolation } from '../../store/violations.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import type { Caller, OrganizationAccess } from '../http/request.ts';
import { defaultLocation, type Parts } from '../parts.ts';
import { discardDeleted } from '../restore/records.ts';
import { insertOrganization, slugProblem } from './creation.ts';
import { shownOrganization } from './shown.ts';
import { findOrganization, findPersonalOrganization, type OrganizationRow, organizationsOf } from './store.ts';

type Shown = z.input<typeof operations.Organization>;
type Patch = z.output<typeof operations.updateOrganization.body>;

/** Thrown to undo what a dry run did. */
class DryRun extends Error {
  readonly row: OrganizationRow;

  constructor(row: OrganizationRow) {
    super('dry run');
    this.row = row;
  }
}

export class OrganizationService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Those that the caller's token counts in. */
  async list(caller: Caller): Promise<Shown[]> {
    const rows = await organizationsOf(this.#parts.db, caller.userId);
    return rows.filter(({ id }) => (caller.organizationId ?? id) === id).map(shownOrganization);
  }

  /** @throws SkerryError organization_exists, organization_name_invalid */
  async create(caller: Caller, name: string, isDryRun: boolean, actor: Actor): Promise<Shown> {
    const { db, now } = this.#parts;
    const problem = slugProblem(name);
    if (problem !== undefined) {
      throw new SkerryError('organization_name_invalid', { problem });
    }
    try {
      return await db.transaction().execute(async (transaction) => {
        const organizationId = await insertOrganization(transaction, {
          ownerId: caller.userId,
          slug: name,
          name,
          type: 'team',
          location: defaultLocation(this.#parts),
          nowMs: now(),
        });
        const row = await findOrganization(transaction, name);
        if (row === undefined) {
          throw new Error('the organization just made is not there');
        }
        if (isDryRun) {
          throw new DryRun(row);
        }
        await recordAudit(transaction, {
          organizationId,
          actor,
          code: 'org-create',
          message: `organization ${name} created`,
          data: { organization: name, id: organizationId },
          nowMs: now(),
        });
        return shownOrganization(row);
      });
    } catch (error) {
      if (error instanceof DryRun) {
        return shownOrganization(error.row);
      }
      throw isUniqueViolation(error) ? new SkerryError('organization_exists', { organization: name }) : error;
    }
  }

  /** @throws SkerryError not_offered */
  async update(organization: OrganizationAccess, patch: Patch, actor: Actor): Promise<OrganizationRow> {
    const { db, now } = this.#parts;
    // To accept a setting that has no effect would be to promise it.
    if (patch.require_mfa === true) {
      throw new SkerryError('not_offered', { feature: 'multi-factor authentication' });
    }
    const overages = patch.overages ?? undefined;
    const restore = patch.restore_enabled ?? undefined;
    const changes = {
      ...(overages === undefined ? {} : { overages: flagOf(overages) }),
      ...(restore === undefined ? {} : { restore_enabled: flagOf(restore) }),
    };
    if (Object.keys(changes).length === 0) {
      return organization;
    }
    await db.transaction().execute(async (transaction) => {
      await transaction.updateTable('organizations').set(changes).where('id', '=', organization.id).execute();
      const entry = { organizationId: organization.id, actor, nowMs: now() };
      if (overages !== undefined) {
        await recordAudit(transaction, {
          ...entry,
          code: 'org-set-overages',
          message: `overages ${overages ? 'allowed' : 'forbidden'} for organization ${organization.slug}`,
          data: { overages },
        });
      }
      if (restore !== undefined) {
        await recordAudit(transaction, {
          ...entry,
          code: 'org-update',
          message: `restoring of deleted databases ${restore ? 'allowed' : 'forbidden'}`,
          data: { restore_enabled: restore },
        });
      }
    });
    return { ...organization, ...changes };
  }

  /** @throws SkerryError organization_personal, organization_not_empty */
  async delete(caller: Caller, organization: OrganizationAccess, actor: Actor): Promise<void> {
    const { db, now, coordination, removals } = this.#parts;
    if (organization.type === 'personal') {
      throw new SkerryError('organization_personal');
    }
    const discarded = await db.transaction().execute(async (transaction) => {
      await refuseDatabases(transaction, organization);
      const databaseIds = await discardDeleted(transaction, organization.id, {
        nowMs: now(),
        workerId: coordination.workerId,
      });
      const groups = await transaction
        .selectFrom('groups')
        .where('organization_id', '=', organization.id)
        .select('id')
        .execute();
      for (const { id } of groups) {
        await transaction.deleteFrom('token_keys').where('owner_id', '=', id).execute();
      }
      await transaction.deleteFrom('groups').where('organization_id', '=', organization.id).execute();
      await transaction.deleteFrom('organizations').where('id', '=', organization.id).execute();
      // Its own log goes with it.
      const home = await findPersonalOrganization(transaction, caller.userId);
      if (home !== undefined) {
        await recordAudit(transaction, {
          organizationId: home.id,
          actor,
          code: 'org-delete',
          message: `organization ${organization.slug} deleted`,
          data: { organization: organization.slug, id: organization.id },
          nowMs: now(),
        });
      }
      return databaseIds;
    });
    await removals.finish(discarded);
  }
}

async function refuseDatabases(transaction: Transaction<Tables>, organization: OrganizationAccess): Promise<void> {
  const { databases } = await transaction
    .selectFrom('databases')
    .where('organization_id', '=', organization.id)
    .select(({ fn }) => fn.countAll<number>().as('databases'))
    .executeTakeFirstOrThrow();
  if (databases > 0) {
    throw new SkerryError('organization_not_empty', { organization: organization.slug, databases });
  }
}

function flagOf(isOn: boolean): Flag {
  return isOn ? 1 : 0;
}
