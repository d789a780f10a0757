import { SkerryError } from '@skerry/contract/errors/catalogue';
import * as changes from '@skerry/contract/operations/group-changes';
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
  router.handle(changes.renameGroup, async ({ organization, params, body, actor }) => ({
    group: await groups.rename(organization, params.groupName, body.name, actor),
  }));
  router.handle(operations.waitForGroupLocation, async ({ organization, params }) => {
    await groups.checkHasLocation(organization, params.groupName, params.location);
    return {};
  });
}

/** Operations of clients for what cannot be different here: nothing sleeps, and all databases run one version. */
export function groupFormalities(router: Router, groups: GroupService): void {
  router.handle(changes.unarchiveGroup, async ({ organization, params }) => ({
    group: await groups.get(organization, params.groupName),
  }));
  router.handle(changes.updateGroupDatabases, async ({ organization, params }) => {
    await groups.find(organization, params.groupName);
    return {};
  });
  router.handle(changes.getAwsMigration, async ({ organization, params }) => {
    await groups.find(organization, params.groupName);
    return { status: 'none' as const, comment: '' };
  });
  for (const operation of [changes.startAwsMigration, changes.abortAwsMigration]) {
    router.handle(operation, async ({ organization, params }) => {
      await groups.find(organization, params.groupName);
      throw new SkerryError('not_offered', { feature: 'a migration to another platform' });
    });
  }
}
