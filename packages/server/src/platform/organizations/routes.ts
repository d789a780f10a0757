import * as operations from '@skerry/contract/operations/organizations';
import type { z } from 'zod';

import type { Router } from '../http/router.ts';
import type { OrganizationService } from './service.ts';
import { shownOrganization } from './shown.ts';
import type { OrganizationRow } from './store.ts';

type List = z.input<typeof operations.listOrganizations.response>;

const SDK = '@tursodatabase/api';

export function organizationRoutes(router: Router, organizations: OrganizationService): void {
  router.handle(operations.listOrganizations, async ({ caller, header }) => {
    const list = await organizations.list(caller);
    return header('user-agent') === SDK ? asSdkReads(list) : list;
  });
  router.handle(operations.listOrganizationsV2, async ({ caller }) => ({
    organizations: await organizations.list(caller),
  }));
  router.handle(operations.getOrganization, ({ organization }) => ({ organization: withSettings(organization) }));
  router.handle(operations.createOrganization, async ({ caller, body, query, actor }) => ({
    org: await organizations.create(caller, body.name, query.dry_run === 'true', actor),
  }));
  router.handle(operations.updateOrganization, async ({ organization, body, actor }) => ({
    organization: withSettings(await organizations.update(organization, body, actor)),
  }));
  router.handle(operations.deleteOrganization, async ({ caller, organization, actor }) => {
    await organizations.delete(caller, organization, actor);
    return {};
  });
}

function withSettings(row: OrganizationRow) {
  return { ...shownOrganization(row), restore_enabled: row.restore_enabled === 1 };
}

/**
 * The documented answer is a list. The official SDK looks for it in a field, and takes a list for no organizations at
 * all; so it, and nobody else, is answered as it reads.
 */
function asSdkReads(list: List): List {
  return { organizations: list } as unknown as List;
}
