import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Member } from '@skerry/contract/operations/members';
import type { z } from 'zod';

import type { Role } from '../../store/tables.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import type { Caller, OrganizationAccess } from '../http/request.ts';
import type { Parts } from '../parts.ts';
import { findUser } from '../users/store.ts';
import { readRole, refusePersonal } from './roles.ts';
import { findMember, insertMember, type MemberRow, membersOf } from './store.ts';

type Shown = z.input<typeof Member>;

export class MemberService {
  readonly #parts: Pick<Parts, 'db' | 'now'>;

  constructor(parts: Pick<Parts, 'db' | 'now'>) {
    this.#parts = parts;
  }

  async list(organization: OrganizationAccess): Promise<Shown[]> {
    const rows = await membersOf(this.#parts.db, organization.id);
    return rows.map(shownMember);
  }

  /** @throws SkerryError member_not_found */
  async get(organization: OrganizationAccess, username: string): Promise<Shown> {
    const row = await findMember(this.#parts.db, organization.id, username);
    if (row === undefined) {
      throw new SkerryError('member_not_found');
    }
    return shownMember(row);
  }

  /** @throws SkerryError role_invalid, organization_personal, user_not_found, member_exists */
  async add(
    organization: OrganizationAccess,
    username: string,
    roleText: string | null | undefined,
    actor: Actor,
  ): Promise<{ member: string; role: Role }> {
    const { db, now } = this.#parts;
    const role = readRole(roleText);
    refusePersonal(organization);
    await db.transaction().execute(async (transaction) => {
      const user = await findUser(transaction, { username });
      if (user === undefined) {
        throw new SkerryError('user_not_found', { username });
      }
      if ((await findMember(transaction, organization.id, username)) !== undefined) {
        throw new SkerryError('member_exists', { username, organization: organization.slug });
      }
      await insertMember(transaction, { organizationId: organization.id, userId: user.id, role, nowMs: now() });
      await recordAudit(transaction, {
        organizationId: organization.id,
        actor,
        code: 'org-member-add',
        message: `${username} added as ${role}`,
        data: { username, role },
        nowMs: now(),
      });
    });
    return { member: username, role };
  }

  /** @throws SkerryError role_invalid, user_not_found, owner_immutable */
  async changeRole(organization: OrganizationAccess, username: string, roleText: string, actor: Actor): Promise<Shown> {
    const { db, now } = this.#parts;
    const role = readRole(roleText);
    return await db.transaction().execute(async (transaction) => {
      const member = await findMember(transaction, organization.id, username);
      if (member === undefined) {
        throw new SkerryError('user_not_found', { username });
      }
      refuseOwner(member);
      await transaction
        .updateTable('memberships')
        .set({ role })
        .where('organization_id', '=', organization.id)
        .where('user_id', '=', member.user_id)
        .execute();
      await recordAudit(transaction, {
        organizationId: organization.id,
        actor,
        code: 'org-member-update',
        message: `role of ${username} changed from ${member.role} to ${role}`,
        data: { username, role, before: member.role },
        nowMs: now(),
      });
      return shownMember({ ...member, role });
    });
  }

  /** @throws SkerryError member_unknown, owner_immutable */
  async remove(organization: OrganizationAccess, caller: Caller, username: string, actor: Actor): Promise<void> {
    const { db, now } = this.#parts;
    const leaves = username === caller.username;
    await db.transaction().execute(async (transaction) => {
      const member = await findMember(transaction, organization.id, username);
      if (member === undefined) {
        throw new SkerryError('member_unknown', { username, organization: organization.slug });
      }
      refuseOwner(member);
      await transaction
        .deleteFrom('memberships')
        .where('organization_id', '=', organization.id)
        .where('user_id', '=', member.user_id)
        .execute();
      // Tokens made for this organization would lie dormant, and work again should the user return.
      await transaction
        .deleteFrom('api_tokens')
        .where('organization_id', '=', organization.id)
        .where('user_id', '=', member.user_id)
        .execute();
      await recordAudit(transaction, {
        organizationId: organization.id,
        actor,
        code: leaves ? 'org-member-leave' : 'org-member-rm',
        message: leaves ? `${username} left` : `${username} removed`,
        data: { username },
        nowMs: now(),
      });
    });
  }
}

function shownMember({ username, role, email }: MemberRow): Shown {
  return { username, role, email };
}

function refuseOwner(member: MemberRow): void {
  if (member.role === 'owner') {
    throw new SkerryError('owner_immutable');
  }
}
