import { z } from 'zod';

import { CALLER, inOrganization, UNRESTRICTED_CALLER } from './authority.ts';
import { NOTHING, operation } from './operation.ts';

export const Organization = z
  .object({
    id: z.string().describe('UUID of the organization.'),
    name: z.string().describe('Name; every personal organization is called "personal".'),
    slug: z.string().describe('Name in addresses and paths; for a personal organization the username.'),
    type: z.enum(['personal', 'team']),
    overages: z.boolean(),
    require_mfa: z.boolean(),
    blocked_reads: z.boolean(),
    blocked_writes: z.boolean(),
    plan_id: z.string(),
    plan_timeline: z.string(),
    platform: z.string(),
  })
  .meta({ id: 'Organization' });

const tag = 'Organizations';

export const listOrganizations = operation({
  id: 'listOrganizations',
  tag,
  summary: 'Organizations that you belong to.',
  method: 'GET',
  path: '/v1/organizations',
  authority: CALLER,
  response: z.array(Organization),
});

/** The same in an object, as the CLI reads it. */
export const listOrganizationsV2 = operation({
  id: 'listOrganizationsV2',
  tag,
  summary: 'Organizations that you belong to.',
  method: 'GET',
  path: '/v2/organizations',
  authority: CALLER,
  response: z.object({ organizations: z.array(Organization) }),
});

export const getOrganization = operation({
  id: 'getOrganization',
  tag,
  summary: 'One organization.',
  method: 'GET',
  path: '/v1/organizations/{organizationSlug}',
  authority: inOrganization('viewer', 'read'),
  response: z.object({ organization: Organization.extend({ restore_enabled: z.boolean() }) }),
  errors: ['organization_not_found'],
});

const OneOrganization = z.object({ organization: Organization });

/** Its slug is its name: the CLI switches to a new organization by its name. */
export const createOrganization = operation({
  id: 'createOrganization',
  tag,
  summary: 'Make a team organization, with a group `default`; its slug is its name.',
  method: 'POST',
  path: '/v1/organizations',
  authority: UNRESTRICTED_CALLER,
  query: z.object({ dry_run: z.string().optional().describe('`true`: only say whether it could be made.') }),
  body: z.object({ name: z.string(), stripe_id: z.string().nullish() }),
  response: z.object({ org: Organization }),
  errors: ['organization_exists', 'organization_name_invalid'],
});

export const updateOrganization = operation({
  id: 'updateOrganization',
  tag,
  summary: 'Change the settings of an organization.',
  method: 'PATCH',
  path: '/v1/organizations/{organizationSlug}',
  authority: inOrganization('admin', null),
  body: z.object({
    overages: z.boolean().nullish(),
    require_mfa: z.boolean().nullish(),
    restore_enabled: z.boolean().nullish(),
  }),
  response: OneOrganization,
  errors: ['not_offered'],
});

export const deleteOrganization = operation({
  id: 'deleteOrganization',
  tag,
  summary: 'Delete an organization that has no databases.',
  method: 'DELETE',
  path: '/v1/organizations/{organizationSlug}',
  authority: inOrganization('owner', null),
  response: NOTHING,
  errors: ['organization_not_empty', 'organization_personal'],
});
