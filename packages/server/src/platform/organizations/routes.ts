import * as operations from '@skerry/contract/operations/organizations';

import type { Router } from '../http/router.ts';
import type { OrganizationService } from './service.ts';
import { shownOrganization } from './shown.ts';

export function organizationRoutes(router: Router, organizations: OrganizationService): void {
  router.handle(operations.listOrganizations, async ({ caller }) => await organizations.list(caller));
  router.handle(operations.listOrganizationsV2, async ({ caller }) => ({
    organizations: await organizations.list(caller),
  }));
  router.handle(operations.getOrganization, ({ organization }) => ({ organization: shownOrganization(organization) }));
}
