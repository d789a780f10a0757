import type { User } from '@skerry/contract/operations/users';
import type { Kysely } from 'kysely';
import type { z } from 'zod';

import type { Tables } from '../../store/tables.ts';
import { hasPendingInvites } from '../invites/service.ts';
import { PLAN } from '../organizations/shown.ts';
import { findUser } from './store.ts';

/** A user as the API shows one to themselves; undefined when there is none. */
export async function shownUser(db: Kysely<Tables>, userId: string): Promise<z.input<typeof User> | undefined> {
  const user = await findUser(db, { id: userId });
  return user === undefined
    ? undefined
    : {
        username: user.username,
        name: user.name,
        email: user.email,
        avatarUrl: '',
        plan: PLAN,
        mfa: false,
        has_pending_invites: await hasPendingInvites(db, user),
        operator: user.is_operator === 1,
      };
}
