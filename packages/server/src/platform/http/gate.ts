/**
 * Who asks, and may they? Decided for every operation here, before its body is read.
 *
 * Where the caller may not know whether a thing exists, the answer is that of a thing that does not. Turso's CLI takes
 * every 403 for "no longer a member" and leaves the organization, so 403 is kept for members' own limits, which a new
 * role or token would lift, and for non-members.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import { type Authority, ROLES, SCOPES, type Scope } from '@skerry/contract/operations/authority';
import type { Kysely } from 'kysely';

import { bearerToken, hashApiToken } from '../../access/api-tokens.ts';
import { looksLikeJwt } from '../../access/jwt.ts';
import type { Tables } from '../../store/tables.ts';
import { findApiToken } from '../api-tokens/store.ts';
import { findDatabaseParts } from '../databases/store.ts';
import { findGroup } from '../groups/store.ts';
import { findOrganization, findPersonalOrganization, findRole } from '../organizations/store.ts';
import { readSessionCookie, refuseForeignCookie, type RequestFacts } from '../sessions/cookie.ts';
import { findSession } from '../sessions/store.ts';
import type { Caller, OrganizationAccess } from './request.ts';

/** How often a session in use is noted: every request would be a write. */
const SEEN_EVERY_MS = 60_000;

/** In place of a slug: the personal organization of whoever asks. No slug begins with a dash. */
export const PERSONAL_SLUG = '-';

export type Params = Readonly<Record<string, string>>;

export class Gate {
  readonly #db: Kysely<Tables>;
  readonly #now: () => number;

  constructor(db: Kysely<Tables>, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /**
   * An Authorization header wins over a cookie: who sends both is a program, and means the token.
   *
   * @throws SkerryError token_missing, token_invalid, token_wrong_kind, session_invalid, origin_refused
   */
  async authenticate(request: RequestFacts): Promise<Caller> {
    const authorization = request.header('authorization');
    const secret = readSessionCookie(request.header('cookie'));
    if (authorization === undefined && secret !== undefined) {
      refuseForeignCookie(request);
      return await this.bySession(secret);
    }
    const token = bearerToken(authorization);
    if (token === undefined) {
      throw new SkerryError('token_missing');
    }
    const row = await findApiToken(this.#db, hashApiToken(token));
    if (row === undefined || (row.expires_at_ms !== null && row.expires_at_ms <= this.#now())) {
      throw new SkerryError(looksLikeJwt(token) ? 'token_wrong_kind' : 'token_invalid');
    }
    return {
      sessionId: null,
      userId: row.user_id,
      username: row.username,
      isOperator: row.is_operator === 1,
      expiresAtMs: row.expires_at_ms,
      organizationId: row.organization_id,
      pin: row.group_id === null ? null : { groupId: row.group_id, scopes: readScopes(row.scopes) },
    };
  }

  /** @throws SkerryError session_invalid */
  async bySession(secret: string): Promise<Caller> {
    const nowMs = this.#now();
    const row = await findSession(this.#db, hashApiToken(secret));
    if (row === undefined || row.expires_at_ms <= nowMs) {
      throw new SkerryError('session_invalid');
    }
    if (nowMs - row.last_seen_at_ms >= SEEN_EVERY_MS) {
      await this.#db.updateTable('sessions').set({ last_seen_at_ms: nowMs }).where('id', '=', row.id).execute();
    }
    return {
      sessionId: row.id,
      userId: row.user_id,
      username: row.username,
      isOperator: row.is_operator === 1,
      expiresAtMs: row.expires_at_ms,
      organizationId: null,
      pin: null,
    };
  }

  /**
   * @returns the organization, where the operation is about one
   * @throws SkerryError token_restricted, operator_only, organization_not_found, not_a_member, role_too_low, scope_missing
   */
  async authorize(
    caller: Caller,
    authority: Exclude<Authority, { kind: 'public' }>,
    params: Params,
  ): Promise<OrganizationAccess | undefined> {
    if (authority.kind === 'caller') {
      if (authority.unrestricted && caller.organizationId !== null) {
        throw new SkerryError('token_restricted');
      }
      if (authority.operator === true && !caller.isOperator) {
        throw new SkerryError('operator_only');
      }
      return undefined;
    }
    const slug = params['organizationSlug'];
    const organization =
      slug === undefined || slug === PERSONAL_SLUG
        ? await findPersonalOrganization(this.#db, caller.userId)
        : await findOrganization(this.#db, slug);
    if (organization === undefined || (caller.organizationId ?? organization.id) !== organization.id) {
      throw new SkerryError('organization_not_found');
    }
    const role = await findRole(this.#db, organization.id, caller.userId);
    if (role === undefined) {
      throw new SkerryError('not_a_member', { organization: organization.slug });
    }
    const isSelf = authority.selfParameter !== undefined && params[authority.selfParameter] === caller.username;
    if (!isSelf && ROLES.indexOf(role) < ROLES.indexOf(authority.role)) {
      throw authority.refusal === undefined
        ? new SkerryError('role_too_low', { role: authority.role })
        : new SkerryError(authority.refusal);
    }
    if (caller.pin !== null && authority.scope === null) {
      throw new SkerryError('token_restricted');
    }
    if (caller.pin !== null && authority.scope !== null && !caller.pin.scopes.includes(authority.scope)) {
      throw new SkerryError('scope_missing', { scope: authority.scope });
    }
    return { ...organization, role, onlyGroupId: caller.pin?.groupId ?? null };
  }

  /**
   * The parameters with names in place of ids, after a look at whether the group or database that they name is one that
   * the caller may know of.
   *
   * @throws SkerryError group_not_found, database_not_found
   */
  async resolveThings(organization: OrganizationAccess, params: Params, byId: boolean): Promise<Params> {
    const { onlyGroupId } = organization;
    if (!byId && onlyGroupId === null) {
      return params;
    }
    const { groupName, databaseName } = params;
    const resolved: Record<string, string> = { ...params };
    if (groupName !== undefined) {
      const group = await findGroup(this.#db, organization.id, byId ? { id: groupName } : { name: groupName });
      if (group === undefined || (onlyGroupId ?? group.id) !== group.id) {
        throw new SkerryError('group_not_found');
      }
      resolved['groupName'] = group.name;
    }
    if (databaseName !== undefined) {
      const which = byId ? { id: databaseName } : { name: databaseName };
      const database = await findDatabaseParts(this.#db, organization.id, which);
      if (database === undefined || (onlyGroupId ?? database.group_id) !== database.group_id) {
        throw new SkerryError('database_not_found', { database: databaseName });
      }
      resolved['databaseName'] = database.name;
    }
    return resolved;
  }
}

/** What is stored but no longer known grants nothing. */
function readScopes(stored: string | null): Scope[] {
  const names: unknown = JSON.parse(stored ?? '[]');
  return SCOPES.filter((scope) => Array.isArray(names) && names.includes(scope));
}
