import * as operations from '@skerry/contract/operations/restore';

import type { Router } from '../http/router.ts';
import type { RestoreService } from './service.ts';

export function restoreRoutes(router: Router, restore: RestoreService): void {
  router.handle(
    operations.listDeletedGroups,
    async ({ organization, query }) => await restore.listGroups(organization, query),
  );
  router.handle(
    operations.restoreGroup,
    async ({ organization, params, actor }) => await restore.group(organization, params.deletedGroupId, actor),
  );
  router.handle(operations.restoreDatabase, async ({ organization, params, body, actor }) => ({
    database: await restore.database(organization, params.deletedDatabaseId, body.name ?? undefined, actor),
  }));
}
