import * as operations from '@skerry/contract/operations/database-tokens';

import type { Router } from '../http/router.ts';
import type { DatabaseTokenService } from './service.ts';

export function databaseTokenRoutes(router: Router, tokens: DatabaseTokenService): void {
  router.handle(operations.createDatabaseToken, async ({ organization, params, query, body, actor }) => ({
    jwt: await tokens.mintForDatabase(organization, params.databaseName, query, body, actor),
  }));
  router.handle(operations.createGroupToken, async ({ organization, params, query, body, actor }) => ({
    jwt: await tokens.mintForGroup(organization, params.groupName, query, body, actor),
  }));
  router.handle(operations.invalidateDatabaseTokens, async ({ organization, params, actor }) => {
    await tokens.rotateDatabase(organization, params.databaseName, actor);
    return {};
  });
  router.handle(operations.invalidateGroupTokens, async ({ organization, params, actor }) => {
    await tokens.rotateGroup(organization, params.groupName, actor);
    return {};
  });
}
