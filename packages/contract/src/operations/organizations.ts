import { z } from 'zod';

import { CALLER, inOrganization } from './authority.ts';
import { operation } from './operation.ts';

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
  response: z.object({ organization: Organization }),
  errors: ['organization_not_found'],
});
