import * as operations from '@skerry/contract/operations/accounts';

import type { Router } from '../http/router.ts';
import type { AccountService } from './service.ts';

export function accountRoutes(router: Router, accounts: AccountService): void {
  router.handle(operations.listAccounts, async () => ({ accounts: await accounts.list() }));
  router.handle(operations.createAccount, async ({ body }) => await accounts.create(body.username, body.email ?? ''));
  router.handle(operations.createAccountLink, async ({ params }) => await accounts.link(params.username));
  router.handle(operations.deleteAccount, async ({ params }) => {
    await accounts.delete(params.username);
    return { account: params.username };
  });
}
