import { z } from 'zod';

import { CALLER } from './authority.ts';
import { operation } from './operation.ts';

export const User = z
  .object({
    username: z.string(),
    name: z.string(),
    email: z.string(),
    avatarUrl: z.string(),
    plan: z.string(),
    mfa: z.boolean(),
    has_pending_invites: z.boolean(),
    operator: z.boolean().describe('Runs this server, and may manage accounts and backup.'),
  })
  .meta({ id: 'User' });

export const getCurrentUser = operation({
  id: 'getCurrentUser',
  tag: 'Users',
  summary: 'Who you are.',
  method: 'GET',
  path: '/v1/user',
  alsoAt: ['/v1/current-user'],
  authority: CALLER,
  response: z.object({ user: User }),
});
