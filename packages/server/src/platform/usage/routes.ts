import * as operations from '@skerry/contract/operations/usage';

import type { Router } from '../http/router.ts';
import type { UsageHistory } from './history.ts';
import type { UsageService } from './service.ts';

export function usageRoutes(router: Router, usage: UsageService, history: UsageHistory): void {
  router.handle(operations.getDatabaseUsage, async ({ organization, params, query }) => ({
    database: await usage.ofDatabase(organization, params.databaseName, query),
  }));
  router.handle(operations.getDatabaseStats, async ({ organization, params }) => ({
    top_queries: await usage.topQueries(organization, params.databaseName, undefined),
  }));
  router.handle(
    operations.listTopQueries,
    async ({ organization, params, query }) => await usage.topQueries(organization, params.databaseName, query.from),
  );
  router.handle(
    operations.getOrganizationUsage,
    async ({ organization, query }) => await usage.ofOrganization(organization, query),
  );
  router.handle(
    operations.getOrganizationUsageHistory,
    async ({ organization, query }) => await history.ofOrganization(organization, query),
  );
  router.handle(
    operations.getDatabaseUsageHistory,
    async ({ organization, params, query }) => await history.ofDatabase(organization, params.databaseName, query),
  );
}
