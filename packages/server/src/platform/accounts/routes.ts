import * as operations from '@skerry/contract/operations/accounts';

import type { Router } from '../http/router.ts';
import type { AccountService } from './service.ts';

export function accountRoutes(router: Router, accounts: AccountService): void {
  router.handle(operations.listAccounts, async () => ({ accounts: await accounts.list() }));
  router.handle(
    operations.createAccount,
    async ({ body, caller, actor }) => await accounts.create(body.username, body.email ?? '', { caller, actor }),
  );
  router.handle(
    operations.createAccountLink,
    async ({ params, caller, actor }) => await accounts.link(params.username, { caller, actor }),
  );
  router.handle(operations.deleteAccount, async ({ params, caller, actor }) => {
    await accounts.delete(params.username, { caller, actor });
    return { account: params.username };
  });
}
