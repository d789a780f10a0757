import * as operations from '@skerry/contract/operations/instances';

import type { Router } from '../http/router.ts';
import type { InstanceService } from './service.ts';

export function instanceRoutes(router: Router, instances: InstanceService): void {
  router.handle(operations.listDatabaseInstances, async ({ organization, params }) => ({
    instances: await instances.list(organization, params.databaseName),
  }));
  router.handle(operations.getDatabaseInstance, async ({ organization, params }) => ({
    instance: await instances.get(organization, params.databaseName, params.instanceName),
  }));
}
