/**
 * Invitations, from the inviter's hand to the invited. The token is stored as a hash, and gone once it is taken.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Kysely, Selectable, Transaction } from 'kysely';

import { hashApiToken, newApiToken, newInviteToken } from '../../access/api-tokens.ts';
import type { InvitesTable, Tables } from '../../store/tables.ts';
import { isUniqueViolation } from '../../store/violations.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import type { Caller, OrganizationAccess } from '../http/request.ts';
import { readRole, refusePersonal } from '../members/roles.ts';
import { findMember, insertMember } from '../members/store.ts';
import { slugProblem } from '../organizations/creation.ts';
import { defaultLocation, type Parts } from '../parts.ts';
import type { SessionService } from '../sessions/service.ts';
import { insertUser } from '../users/creation.ts';
import { findUser } from '../users/store.ts';

export type InviteRow = Selectable<InvitesTable>;

/** Who is invited: an address, or a user. */
export interface Recipient {
  readonly email?: string | null | undefined;
  readonly username?: string | null | undefined;
}

type Taken = InviteRow & { readonly slug: string };

const COLUMNS = ['i.id', 'i.organization_id', 'i.email', 'i.username', 'i.role', 'i.hash', 'i.created_at_ms'] as const;

export class InviteService {
  readonly #parts: Parts;
  readonly #sessions: SessionService;

  constructor(parts: Parts, sessions: SessionService) {
    this.#parts = parts;
    this.#sessions = sessions;
  }

  /** Oldest first. */
  async list(organization: OrganizationAccess): Promise<InviteRow[]> {
    return await this.#parts.db
      .selectFrom('invites as i')
      .where('i.organization_id', '=', organization.id)
      .select(COLUMNS)
      .orderBy('i.id')
      .execute();
  }

  /**
   * An earlier invite for the same recipient is replaced.
   *
   * @returns the invite, and its token in clear
   * @throws SkerryError organization_personal, role_invalid, invite_recipient_invalid, user_not_found, member_exists
   */
  async create(
    organization: OrganizationAccess,
    recipient: Recipient,
    roleText: string | null | undefined,
    actor: Actor,
  ): Promise<{ invite: InviteRow; token: string }> {
    const { db, now } = this.#parts;
    refusePersonal(organization);
    const role = readRole(roleText);
    const token = newInviteToken();
    const invite = await db.transaction().execute(async (transaction) => {
      const { email, username } = await readRecipient(transaction, organization, recipient);
      await transaction
        .deleteFrom('invites')
        .where('organization_id', '=', organization.id)
        .where('email', '=', email)
        .execute();
      const { last } = await transaction
        .selectFrom('invites')
        .select(({ fn }) => fn.max('id').as('last'))
        .executeTakeFirstOrThrow();
      const row: InviteRow = {
        id: (last ?? 0) + 1,
        organization_id: organization.id,
        email,
        username,
        role,
        hash: hashApiToken(token),
        created_at_ms: now(),
      };
      await transaction.insertInto('invites').values(row).execute();
      await recordAudit(transaction, {
        organizationId: organization.id,
        actor,
        code: 'org-invite-create',
        message: `${email} invited as ${role}`,
        data: { email, role },
        nowMs: now(),
      });
      return row;
    });
    return { invite, token };
  }

  /**
   * @param email or username
   * @throws SkerryError invite_not_found
   */
  async delete(organization: OrganizationAccess, email: string, actor: Actor): Promise<void> {
    const { db, now } = this.#parts;
    await db.transaction().execute(async (transaction) => {
      const deleted = await transaction
        .deleteFrom('invites')
        .where('organization_id', '=', organization.id)
        .where((eb) => eb.or([eb('email', '=', email), eb('username', '=', email)]))
        .returning('role')
        .execute();
      if (deleted.length === 0) {
        throw new SkerryError('invite_not_found');
      }
      await recordAudit(transaction, {
        organizationId: organization.id,
        actor,
        code: 'org-invite-delete',
        message: `invite of ${email} taken back`,
        data: { email },
        nowMs: now(),
      });
    });
  }

  /** The invite of a token, which stays. @throws SkerryError invite_not_found */
  async look(token: string): Promise<Taken> {
    return await this.#parts.db.transaction().execute(async (transaction) => await findInvite(transaction, token));
  }

  /** @throws SkerryError invite_not_found, member_exists */
  async join(caller: Caller, token: string, actor: Actor): Promise<Taken> {
    const { db } = this.#parts;
    return await db.transaction().execute(async (transaction) => {
      const invite = await takeInvite(transaction, token);
      if ((invite.username ?? caller.username) !== caller.username) {
        throw new SkerryError('invite_not_found');
      }
      if ((await findMember(transaction, invite.organization_id, caller.username)) !== undefined) {
        throw new SkerryError('member_exists', { username: caller.username, organization: invite.slug });
      }
      await this.#admit(transaction, invite, caller.userId, actor);
      return invite;
    });
  }

  /**
   * @param password undefined: the account has none, and is used with its API token
   * @returns what was joined, and the first API token of the new user
   * @throws SkerryError invite_not_found, username_invalid, username_taken, password_too_weak
   */
  async signUp(
    token: string,
    { username, password }: { readonly username: string; readonly password: string | undefined },
    origin: Actor['origin'],
  ): Promise<Taken & { apiToken: string; userId: string }> {
    const { db, now } = this.#parts;
    const problem = slugProblem(username);
    if (problem !== undefined) {
      throw new SkerryError('username_invalid', { problem });
    }
    const apiToken = newApiToken();
    // Whoever has no invite costs no hash.
    await this.look(token);
    const hash = password === undefined ? undefined : await this.#sessions.hashNew(password, username);
    try {
      return await db.transaction().execute(async (transaction) => {
        const invite = await takeInvite(transaction, token);
        if (invite.username !== null) {
          throw new SkerryError('invite_not_found');
        }
        const userId = await insertUser(transaction, {
          username,
          email: invite.email,
          location: defaultLocation(this.#parts),
          token: apiToken,
          nowMs: now(),
        });
        if (hash !== undefined) {
          await this.#sessions.keepPassword(transaction, userId, hash);
        }
        await this.#admit(transaction, invite, userId, { username, origin });
        return { ...invite, apiToken, userId };
      });
    } catch (error) {
      throw isUniqueViolation(error) ? new SkerryError('username_taken', { username }) : error;
    }
  }

  async #admit(transaction: Transaction<Tables>, invite: Taken, userId: string, actor: Actor): Promise<void> {
    const { organization_id: organizationId, role } = invite;
    const nowMs = this.#parts.now();
    await insertMember(transaction, { organizationId, userId, role, nowMs });
    await recordAudit(transaction, {
      organizationId,
      actor,
      code: 'org-member-add',
      message: `${actor.username} joined as ${role} by invite`,
      data: { username: actor.username, role },
      nowMs,
    });
  }
}

/** Whether somebody waits for the user to join. */
export async function hasPendingInvites(
  db: Kysely<Tables>,
  user: { readonly username: string; readonly email: string },
): Promise<boolean> {
  const names = [user.username, user.email].filter((name) => name !== '');
  const row = await db.selectFrom('invites').where('email', 'in', names).select('id').limit(1).executeTakeFirst();
  return row !== undefined;
}

/** The invite of the token, which thereby is used up. */
async function takeInvite(transaction: Transaction<Tables>, token: string): Promise<Taken> {
  const invite = await findInvite(transaction, token);
  await transaction.deleteFrom('invites').where('id', '=', invite.id).execute();
  return invite;
}

async function findInvite(transaction: Transaction<Tables>, token: string): Promise<Taken> {
  const invite = await transaction
    .selectFrom('invites as i')
    .innerJoin('organizations as o', 'o.id', 'i.organization_id')
    .where('i.hash', '=', hashApiToken(token))
    .select([...COLUMNS, 'o.slug'])
    .executeTakeFirst();
  if (invite === undefined) {
    throw new SkerryError('invite_not_found');
  }
  return invite;
}

/** A user without an address is named by the username there, too: lists show it, and deleting takes it. */
async function readRecipient(
  transaction: Transaction<Tables>,
  organization: OrganizationAccess,
  recipient: Recipient,
): Promise<{ email: string; username: string | null }> {
  const email = recipient.email ?? '';
  const username = recipient.username ?? '';
  if ((email === '') === (username === '')) {
    throw new SkerryError('invite_recipient_invalid');
  }
  if (username === '') {
    return { email, username: null };
  }
  const user = await findUser(transaction, { username });
  if (user === undefined) {
    throw new SkerryError('user_not_found', { username });
  }
  if ((await findMember(transaction, organization.id, username)) !== undefined) {
    throw new SkerryError('member_exists', { username, organization: organization.slug });
  }
  return { email: user.email === '' ? username : user.email, username };
}
