import * as operations from '@skerry/contract/operations/groups';

import type { Router } from '../http/router.ts';
import type { GroupService } from './service.ts';

export function groupRoutes(router: Router, groups: GroupService): void {
  router.handle(operations.listGroups, async ({ organization }) => ({ groups: await groups.list(organization) }));
  router.handle(operations.createGroup, async ({ organization, body, actor }) => ({
    group: await groups.create(organization, body, actor),
  }));
  router.handle(operations.getGroup, async ({ organization, params }) => ({
    group: await groups.get(organization, params.groupName),
  }));
  router.handle(operations.deleteGroup, async ({ organization, params, actor }) => ({
    group: await groups.delete(organization, params.groupName, actor),
  }));
  router.handle(
    operations.getGroupConfiguration,
    async ({ organization, params }) => await groups.configuration(organization, params.groupName),
  );
  router.handle(
    operations.updateGroupConfiguration,
    async ({ organization, params, body, actor }) =>
      await groups.configure(organization, params.groupName, body.delete_protection ?? null, actor),
  );
  router.handle(operations.addLocationToGroup, async ({ organization, params, actor }) => ({
    group: await groups.addLocation(organization, params.groupName, params.location, actor),
  }));
  router.handle(operations.removeLocationFromGroup, async ({ organization, params, actor }) => ({
    group: await groups.removeLocation(organization, params.groupName, params.location, actor),
  }));
  router.handle(operations.waitForGroupLocation, async ({ organization, params }) => {
    await groups.checkHasLocation(organization, params.groupName, params.location);
    return {};
  });
}
