import { randomUUID } from 'node:crypto';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type * as operations from '@skerry/contract/operations/api-tokens';
import { ROLES, SCOPE_PRESETS, SCOPES, type Scope } from '@skerry/contract/operations/authority';
import type { Transaction } from 'kysely';
import type { z } from 'zod';

import { hashApiToken, newApiToken } from '../../access/api-tokens.ts';
import type { Tables } from '../../store/tables.ts';
import { isUniqueViolation } from '../../store/violations.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import { findGroup } from '../groups/store.ts';
import type { Caller } from '../http/request.ts';
import { shortId } from '../ids.ts';
import { findOrganization, findPersonalOrganization, findRole } from '../organizations/store.ts';
import type { Parts } from '../parts.ts';
import { type ApiTokenRow, listApiTokenRows } from './store.ts';

type Shown = z.input<typeof operations.ApiToken>;
type Restriction = z.output<typeof operations.createApiToken.body>;

/** What a new token is limited to. */
interface Limits {
  readonly organizationId: string | null;
  readonly groupId: string | null;
  readonly scopes: readonly Scope[] | null;
}

export class ApiTokenService {
  readonly #parts: Pick<Parts, 'db' | 'now'>;

  constructor(parts: Pick<Parts, 'db' | 'now'>) {
    this.#parts = parts;
  }

  async list(caller: Caller): Promise<Shown[]> {
    const rows = await listApiTokenRows(this.#parts.db, { userId: caller.userId });
    return rows.map(shownApiToken);
  }

  /**
   * @returns the token in clear, which is not kept anywhere
   * @throws SkerryError api_token_exists, api_token_name_invalid, api_token_scopes_invalid, organization_not_found,
   *   group_not_found, role_too_low
   */
  async create(
    caller: Caller,
    name: string,
    restriction: Restriction,
    actor: Actor,
  ): Promise<{ id: string; name: string; token: string }> {
    const { db, now } = this.#parts;
    if (!/^[\w.-]{1,64}$/.test(name)) {
      throw new SkerryError('api_token_name_invalid', {
        problem: 'name must be 1 to 64 letters, digits, dots, dashes and underscores',
      });
    }
    const limits = await this.#limits(caller, restriction);
    const token = newApiToken();
    try {
      return await db.transaction().execute(async (transaction) => {
        const id = await insertApiToken(transaction, { userId: caller.userId, name, token, limits, nowMs: now() });
        const home = limits.organizationId ?? (await findPersonalOrganization(transaction, caller.userId))?.id;
        if (home !== undefined) {
          await recordAudit(transaction, {
            organizationId: home,
            actor,
            code: 'user-token-create',
            message: `API token ${name} created`,
            data: { token: name, id: shortId(id), scopes: limits.scopes },
            nowMs: now(),
          });
        }
        return { id: shortId(id), name, token };
      });
    } catch (error) {
      throw isUniqueViolation(error) ? new SkerryError('api_token_exists', { token: name }) : error;
    }
  }

  /** @throws SkerryError api_token_not_found */
  async revoke(caller: Caller, name: string, actor: Actor): Promise<void> {
    const { db, now } = this.#parts;
    await db.transaction().execute(async (transaction) => {
      const row = await transaction
        .deleteFrom('api_tokens')
        .where('user_id', '=', caller.userId)
        .where('name', '=', name)
        .returning(['id', 'organization_id'])
        .executeTakeFirst();
      if (row === undefined) {
        throw new SkerryError('api_token_not_found', { token: name });
      }
      const home = row.organization_id ?? (await findPersonalOrganization(transaction, caller.userId))?.id;
      if (home !== undefined) {
        await recordAudit(transaction, {
          organizationId: home,
          actor,
          code: 'user-token-revoke',
          message: `API token ${name} revoked`,
          data: { token: name, id: shortId(row.id) },
          nowMs: now(),
        });
      }
    });
  }

  /** Unix seconds from which on tokens may be valid. */
  async revokeAll(caller: Caller, actor: Actor): Promise<number> {
    const { db, now } = this.#parts;
    await db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('api_tokens').where('user_id', '=', caller.userId).execute();
      await transaction.deleteFrom('sessions').where('user_id', '=', caller.userId).execute();
      const home = await findPersonalOrganization(transaction, caller.userId);
      if (home !== undefined) {
        await recordAudit(transaction, {
          organizationId: home.id,
          actor,
          code: 'user-token-revoke',
          message: 'all API tokens revoked and all sessions ended',
          nowMs: now(),
        });
      }
    });
    return Math.floor(now() / 1000);
  }

  async #limits(caller: Caller, { organization: slug, group, scopes }: Restriction): Promise<Limits> {
    const { db } = this.#parts;
    const wanted = expandScopes(scopes ?? []);
    const hasGroup = group !== undefined && group !== null && group !== '';
    if (slug === undefined || slug === null || slug === '') {
      if (hasGroup || wanted.length > 0) {
        throw new SkerryError('api_token_scopes_invalid', { problem: 'a group and scopes need an organization' });
      }
      return { organizationId: null, groupId: null, scopes: null };
    }
    const organization = await findOrganization(db, slug);
    const role = organization === undefined ? undefined : await findRole(db, organization.id, caller.userId);
    if (organization === undefined || role === undefined) {
      throw new SkerryError('organization_not_found');
    }
    if (!hasGroup) {
      if (wanted.length > 0) {
        throw new SkerryError('api_token_scopes_invalid', { problem: 'scopes need a group' });
      }
      return { organizationId: organization.id, groupId: null, scopes: null };
    }
    if (wanted.length === 0) {
      throw new SkerryError('api_token_scopes_invalid', { problem: 'a token for a group needs at least one scope' });
    }
    if (ROLES.indexOf(role) < ROLES.indexOf('admin')) {
      throw new SkerryError('role_too_low', { role: 'admin' });
    }
    const row = await findGroup(db, organization.id, { name: group });
    if (row === undefined) {
      throw new SkerryError('group_not_found');
    }
    return { organizationId: organization.id, groupId: row.id, scopes: wanted };
  }
}

/** Only a hash of the token is stored. Answers the id. */
export async function insertApiToken(
  transaction: Transaction<Tables>,
  apiToken: {
    readonly userId: string;
    readonly name: string;
    /** In clear. */
    readonly token: string;
    readonly limits: Limits;
    readonly nowMs: number;
    /** Unix time in milliseconds; without, it lasts. */
    readonly expiresAtMs?: number;
  },
): Promise<string> {
  const { limits } = apiToken;
  const id = randomUUID();
  await transaction
    .insertInto('api_tokens')
    .values({
      id,
      user_id: apiToken.userId,
      name: apiToken.name,
      hash: hashApiToken(apiToken.token),
      organization_id: limits.organizationId,
      group_id: limits.groupId,
      scopes: limits.scopes === null ? null : JSON.stringify(limits.scopes),
      created_at_ms: apiToken.nowMs,
      expires_at_ms: apiToken.expiresAtMs ?? null,
    })
    .execute();
  return id;
}

export function shownApiToken(row: ApiTokenRow): Shown {
  return {
    id: shortId(row.id),
    name: row.name,
    ...(row.organization === null ? {} : { organization: row.organization }),
    ...(row.group === null ? {} : { group: row.group }),
    ...(row.scopes === null ? {} : { scopes: JSON.parse(row.scopes) as string[] }),
    created_at: new Date(row.created_at_ms).toISOString().slice(0, 'YYYY-MM-DD'.length),
  };
}

/** @throws SkerryError api_token_scopes_invalid */
function expandScopes(names: readonly string[]): Scope[] {
  const presets: ReadonlyMap<string, readonly Scope[]> = new Map(Object.entries(SCOPE_PRESETS));
  const wanted = new Set<string>(names.flatMap((name): readonly string[] => presets.get(name) ?? [name]));
  const known = SCOPES.filter((scope) => wanted.delete(scope));
  const [unknown] = wanted;
  if (unknown !== undefined) {
    throw new SkerryError('api_token_scopes_invalid', { problem: `unknown scope ${unknown}` });
  }
  return known;
}
