import * as changes from '@skerry/contract/operations/database-changes';
import * as operations from '@skerry/contract/operations/databases';

import type { Router } from '../http/router.ts';
import type { DatabaseService } from './service.ts';

/** The page of a v3 list when the caller names none. v1 has no pages unless asked: its clients read one answer only. */
const V3_PAGE = 100;

export function databaseRoutes(router: Router, databases: DatabaseService): void {
  router.handle(
    operations.listDatabases,
    async ({ organization, query, byId }) => await databases.list(organization, query, byId ? V3_PAGE : undefined),
  );
  router.handle(
    operations.createDatabase,
    async ({ organization, body, actor }) => await databases.create(organization, body, actor),
  );
  router.handle(operations.getDatabase, async ({ organization, params }) => ({
    database: await databases.get(organization, params.databaseName),
  }));
  router.handle(operations.deleteDatabase, async ({ organization, params, actor }) => {
    await databases.delete(organization, params.databaseName, actor);
    return { database: params.databaseName };
  });
  router.handle(operations.getRestoreWindow, async ({ organization, params }) => ({
    restore_window: await databases.restoreWindow(organization, params.databaseName),
  }));
  router.handle(
    operations.getDatabaseConfiguration,
    async ({ organization, params }) => await databases.configuration(organization, params.databaseName),
  );
  router.handle(
    operations.updateDatabaseConfiguration,
    async ({ organization, params, body, actor }) =>
      await databases.configure(organization, params.databaseName, body, actor),
  );
}

/** Operations of clients for what cannot be different here: nothing sleeps, and all databases run one version. */
export function databaseFormalities(router: Router, databases: DatabaseService): void {
  for (const operation of [changes.wakeUpDatabase, changes.updateDatabaseVersion]) {
    router.handle(operation, async ({ organization, params }) => {
      await databases.get(organization, params.databaseName);
      return {};
    });
  }
}
