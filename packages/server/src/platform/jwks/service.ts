/**
 * Which outside issuers an organization trusts, and what their tokens have to say.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { JwksTemplateRequest } from '@skerry/contract/operations/jwks';
import type { z } from 'zod';

import { claimsOf } from '../../access/claims.ts';
import type { TokenClaims, TokenScope } from '../../access/claims.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import { readGrants, readLevel } from '../database-tokens/scope.ts';
import { findDatabase } from '../databases/store.ts';
import { findGroup } from '../groups/store.ts';
import type { OrganizationAccess } from '../http/request.ts';
import type { Parts } from '../parts.ts';

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
const KEY_SETS_MAX = 10;
const THIS_MACHINE = new Set(['localhost', '127.0.0.1', '[::1]']);

export class JwksService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async list(organization: OrganizationAccess): Promise<{ jwks_name: string; jwks_url: string }[]> {
    return await this.#parts.db
      .selectFrom('key_sets')
      .where('organization_id', '=', organization.id)
      .select(['name as jwks_name', 'url as jwks_url'])
      .orderBy('name')
      .execute();
  }

  /** @throws SkerryError jwks_invalid */
  async save(organization: OrganizationAccess, name: string, url: string, actor: Actor): Promise<void> {
    if (!NAME.test(name)) {
      throw new SkerryError('jwks_invalid', { problem: `the name ${name}` });
    }
    checkUrl(url);
    await this.#parts.db.transaction().execute(async (transaction) => {
      const { count } = await transaction
        .selectFrom('key_sets')
        .where('organization_id', '=', organization.id)
        .where('name', '<>', name)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      if (count >= KEY_SETS_MAX) {
        throw new SkerryError('jwks_invalid', { problem: `an organization can have ${KEY_SETS_MAX}` });
      }
      await transaction
        .insertInto('key_sets')
        .values({ organization_id: organization.id, name, url })
        .onConflict((conflict) => conflict.columns(['organization_id', 'name']).doUpdateSet({ url }))
        .execute();
      await recordAudit(transaction, {
        organizationId: organization.id,
        actor,
        code: 'org-jwks-save',
        message: `key set ${name} saved`,
        data: { name, url },
        nowMs: this.#parts.now(),
      });
    });
    this.#parts.directory.organizationChanged(organization.slug);
  }

  /** @throws SkerryError jwks_not_found */
  async remove(organization: OrganizationAccess, name: string, actor: Actor): Promise<void> {
    await this.#parts.db.transaction().execute(async (transaction) => {
      const removed = await transaction
        .deleteFrom('key_sets')
        .where('organization_id', '=', organization.id)
        .where('name', '=', name)
        .returning('url')
        .executeTakeFirst();
      if (removed === undefined) {
        throw new SkerryError('jwks_not_found', { name });
      }
      await recordAudit(transaction, {
        organizationId: organization.id,
        actor,
        code: 'org-jwks-rm',
        message: `key set ${name} removed`,
        data: { name, url: removed.url },
        nowMs: this.#parts.now(),
      });
    });
    this.#parts.directory.organizationChanged(organization.slug);
  }

  /** @throws SkerryError jwks_invalid, database_not_found, group_not_found, authorization_invalid, permission_invalid */
  async template(
    organization: OrganizationAccess,
    { database, group, scope, permissions }: z.output<typeof JwksTemplateRequest>,
  ): Promise<TokenClaims> {
    const level = readLevel(scope ?? undefined);
    const grants = readGrants(level, permissions ?? []);
    const subject = await this.#subject(organization, database ?? '', group ?? '');
    return claimsOf({ subject, level: grants.length > 0 ? 'grants' : level, grants, attach: [] });
  }

  async #subject(organization: OrganizationAccess, database: string, group: string): Promise<TokenScope['subject']> {
    if ((database === '') === (group === '')) {
      throw new SkerryError('jwks_invalid', { problem: 'a template is for a database or for a group: name one' });
    }
    if (group === '') {
      const row = await findDatabase(this.#parts.db, organization.id, { name: database });
      if (row === undefined) {
        throw new SkerryError('database_not_found', { database });
      }
      return { databaseId: row.id };
    }
    const row = await findGroup(this.#parts.db, organization.id, { name: group });
    if (row === undefined) {
      throw new SkerryError('group_not_found');
    }
    return { groupId: row.id };
  }
}

/** What is fetched from there decides who may read: nobody on the way may change it. */
function checkUrl(text: string): void {
  const url = URL.parse(text);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && THIS_MACHINE.has(url.hostname));
  if (url === null || !isSafe || url.username !== '' || url.password !== '' || text.length > 2000) {
    throw new SkerryError('jwks_invalid', { problem: 'its address must be an https URL without a password' });
  }
}
