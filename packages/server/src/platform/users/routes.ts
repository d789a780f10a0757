import { SkerryError } from '@skerry/contract/errors/catalogue';
import * as operations from '@skerry/contract/operations/users';

import type { Router } from '../http/router.ts';
import type { Parts } from '../parts.ts';
import { shownUser } from './shown.ts';

export function userRoutes(router: Router, { db }: Pick<Parts, 'db'>): void {
  router.handle(operations.getCurrentUser, async ({ caller }) => {
    const user = await shownUser(db, caller.userId);
    if (user === undefined) {
      throw new SkerryError('token_invalid');
    }
    return { user };
  });
}
