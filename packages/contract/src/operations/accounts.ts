/**
 * The people of this server, for its operator: the owner whom the first start made. Nobody chooses another's password:
 * a one-time link lets them set it.
 *
 * @module
 */
import { z } from 'zod';

import { OPERATOR } from './authority.ts';
import { operation } from './operation.ts';

export const Account = z
  .object({
    username: z.string(),
    email: z.string(),
    operator: z.boolean(),
    has_password: z.boolean(),
    created_at: z.string(),
  })
  .meta({ id: 'Account' });

const Code = z.string().describe('For the link `/auth/link#code=CODE`; shown this once.');
const accounts = '/v1/accounts';
const account = '/v1/accounts/{username}';
const tag = 'Accounts';

export const listAccounts = operation({
  id: 'listAccounts',
  tag,
  summary: 'Everybody who has an account.',
  method: 'GET',
  path: accounts,
  authority: OPERATOR,
  response: z.object({ accounts: z.array(Account) }),
});

export const createAccount = operation({
  id: 'createAccount',
  tag,
  summary: 'Make an account; its owner sets the password by the link.',
  method: 'POST',
  path: accounts,
  authority: OPERATOR,
  body: z.object({ username: z.string(), email: z.string().optional() }),
  response: z.object({ account: Account, code: Code, expires_at: z.string() }),
  errors: ['username_invalid', 'username_taken'],
});

export const createAccountLink = operation({
  id: 'createAccountLink',
  tag,
  summary: 'A new one-time link for somebody who has none, or forgot the password. Earlier links end.',
  method: 'POST',
  path: `${account}/link`,
  authority: OPERATOR,
  response: z.object({ code: Code, expires_at: z.string() }),
  errors: ['user_not_found'],
});

export const deleteAccount = operation({
  id: 'deleteAccount',
  tag,
  summary: 'Delete an account that owns no databases: its sessions, API tokens and memberships end at once.',
  method: 'DELETE',
  path: account,
  authority: OPERATOR,
  response: z.object({ account: z.string() }),
  errors: ['user_not_found', 'account_operator', 'account_not_empty'],
});
