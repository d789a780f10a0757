import type { AuditCode } from '@skerry/contract/audit-codes';
/**
 * The people of the server, as its operator makes and removes them.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Account } from '@skerry/contract/operations/accounts';
import type { Transaction } from 'kysely';
import type { z } from 'zod';

import { hashApiToken, newInviteToken } from '../../access/api-tokens.ts';
import type { Tables } from '../../store/tables.ts';
import { isUniqueViolation } from '../../store/violations.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import type { Caller } from '../http/request.ts';
import { slugProblem } from '../organizations/creation.ts';
import { findPersonalOrganization } from '../organizations/store.ts';
import { defaultLocation, type Parts } from '../parts.ts';
import { discardDeleted } from '../restore/records.ts';
import { insertUser } from '../users/creation.ts';
import { findUser } from '../users/store.ts';

type Shown = z.input<typeof Account>;

/** Long enough for a mail that waits over a week-end. */
const LINK_MS = 3 * 86_400_000;

export interface Link {
  /** In clear, and not kept anywhere. */
  readonly code: string;
  readonly expires_at: string;
}

/** The operator. */
export interface Operator {
  readonly caller: Pick<Caller, 'userId'>;
  readonly actor: Actor;
}

/** What the operator does to accounts is in the audit log of the operator's own organization. */
export class AccountService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** By name. */
  async list(): Promise<Shown[]> {
    const rows = await this.#parts.db
      .selectFrom('users as u')
      .leftJoin('passwords as p', 'p.user_id', 'u.id')
      .select(['u.username', 'u.email', 'u.is_operator', 'u.created_at_ms', 'p.changed_at_ms'])
      .orderBy('u.username')
      .execute();
    return rows.map((row) => ({
      username: row.username,
      email: row.email,
      operator: row.is_operator === 1,
      has_password: row.changed_at_ms !== null,
      created_at: new Date(row.created_at_ms).toISOString(),
    }));
  }

  /** @throws SkerryError username_invalid, username_taken */
  async create(username: string, email: string, by: Operator): Promise<Link & { account: Shown }> {
    const { db, now } = this.#parts;
    const problem = slugProblem(username);
    if (problem !== undefined) {
      throw new SkerryError('username_invalid', { problem });
    }
    const location = defaultLocation(this.#parts);
    try {
      const link = await db.transaction().execute(async (transaction) => {
        const userId = await insertUser(transaction, { username, email, location, nowMs: now() });
        await this.#record(transaction, by, username, 'account-create', `account ${username} created`);
        return await this.#insertLink(transaction, userId);
      });
      const created_at = new Date(now()).toISOString();
      return { account: { username, email, operator: false, has_password: false, created_at }, ...link };
    } catch (error) {
      throw isUniqueViolation(error) ? new SkerryError('username_taken', { username }) : error;
    }
  }

  /** @throws SkerryError user_not_found */
  async link(username: string, by: Operator): Promise<Link> {
    return await this.#parts.db.transaction().execute(async (transaction) => {
      const user = await findUser(transaction, { username });
      if (user === undefined) {
        throw new SkerryError('user_not_found', { username });
      }
      await this.#record(transaction, by, username, 'account-link', `one-time link for ${username} made`);
      return await this.#insertLink(transaction, user.id);
    });
  }

  /** @throws SkerryError user_not_found, account_operator, account_not_empty */
  async delete(username: string, by: Operator): Promise<void> {
    const { db, now, coordination, removals } = this.#parts;
    const removal = { nowMs: now(), workerId: coordination.workerId };
    const discarded = await db.transaction().execute(async (transaction) => {
      const user = await findUser(transaction, { username });
      if (user === undefined) {
        throw new SkerryError('user_not_found', { username });
      }
      if (user.is_operator === 1) {
        throw new SkerryError('account_operator');
      }
      const owned = await transaction
        .selectFrom('memberships')
        .where('user_id', '=', user.id)
        .where('role', '=', 'owner')
        .select('organization_id')
        .execute();
      const organizationIds = owned.map(({ organization_id: id }) => id);
      await this.#refuseDatabases(transaction, username, organizationIds);
      const databaseIds: string[] = [];
      for (const id of organizationIds) {
        databaseIds.push(...(await discardDeleted(transaction, id, removal)));
        const groups = transaction.selectFrom('groups').where('organization_id', '=', id).select('id');
        await transaction.deleteFrom('token_keys').where('owner_id', 'in', groups).execute();
        await transaction.deleteFrom('groups').where('organization_id', '=', id).execute();
        await transaction.deleteFrom('organizations').where('id', '=', id).execute();
      }
      await this.#recordLeaving(transaction, by, username, user.id);
      await this.#record(transaction, by, username, 'user-delete', `account ${username} deleted`);
      await transaction.deleteFrom('users').where('id', '=', user.id).execute();
      return databaseIds;
    });
    await removals.finish(discarded);
  }

  async #record(
    transaction: Transaction<Tables>,
    { caller, actor }: Operator,
    username: string,
    code: AuditCode,
    message: string,
  ): Promise<void> {
    const home = await findPersonalOrganization(transaction, caller.userId);
    if (home !== undefined) {
      const data = { username };
      await recordAudit(transaction, { organizationId: home.id, actor, code, message, data, nowMs: this.#parts.now() });
    }
  }

  /** In the organizations of others. */
  async #recordLeaving(
    transaction: Transaction<Tables>,
    { actor }: Operator,
    username: string,
    userId: string,
  ): Promise<void> {
    const memberships = await transaction
      .selectFrom('memberships')
      .where('user_id', '=', userId)
      .select('organization_id')
      .execute();
    for (const { organization_id: organizationId } of memberships) {
      await recordAudit(transaction, {
        organizationId,
        actor,
        code: 'org-member-rm',
        message: `${username} removed with the account`,
        data: { username },
        nowMs: this.#parts.now(),
      });
    }
  }

  async #refuseDatabases(
    transaction: Transaction<Tables>,
    username: string,
    organizationIds: readonly string[],
  ): Promise<void> {
    const databases = await transaction
      .selectFrom('databases')
      .where('organization_id', 'in', organizationIds)
      .select('id')
      .execute();
    if (databases.length > 0) {
      throw new SkerryError('account_not_empty', { username, databases: databases.length });
    }
  }

  async #insertLink(transaction: Transaction<Tables>, userId: string): Promise<Link> {
    const code = newInviteToken();
    const expiresAtMs = this.#parts.now() + LINK_MS;
    await transaction.deleteFrom('password_links').where('user_id', '=', userId).execute();
    await transaction
      .insertInto('password_links')
      .values({ hash: hashApiToken(code), user_id: userId, expires_at_ms: expiresAtMs })
      .execute();
    return { code, expires_at: new Date(expiresAtMs).toISOString() };
  }
}
