import { transferDatabase } from '@skerry/contract/operations/database-changes';
import { transferGroup } from '@skerry/contract/operations/group-changes';

import type { Router } from '../http/router.ts';
import type { TransferService } from './service.ts';

export function transferRoutes(router: Router, transfers: TransferService): void {
  router.handle(
    transferGroup,
    async ({ organization, caller, params, body, actor }) =>
      await transfers.group(organization, caller, params.groupName, body.organization, actor),
  );
  router.handle(transferDatabase, async ({ organization, caller, params, body, actor }) => {
    await transfers.database(organization, caller, params.databaseName, body.org, actor);
    return {};
  });
}
