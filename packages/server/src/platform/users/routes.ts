import { SkerryError } from '@skerry/contract/errors/catalogue';
import * as operations from '@skerry/contract/operations/users';

import type { Router } from '../http/router.ts';
import { hasPendingInvites } from '../invites/service.ts';
import { PLAN } from '../organizations/shown.ts';
import type { Parts } from '../parts.ts';
import { findUser } from './store.ts';

export function userRoutes(router: Router, { db }: Pick<Parts, 'db'>): void {
  router.handle(operations.getCurrentUser, async ({ caller }) => {
    const user = await findUser(db, { id: caller.userId });
    if (user === undefined) {
      throw new SkerryError('token_invalid');
    }
    return {
      user: {
        username: user.username,
        name: user.name,
        email: user.email,
        avatarUrl: '',
        plan: PLAN,
        mfa: false,
        has_pending_invites: await hasPendingInvites(db, user),
      },
    };
  });
}
