/**
 * Keys of outside issuers (Clerk, Auth0, any OpenID Connect server), whose tokens then open an organization's databases
 * as far as their claims say.
 *
 * @module
 */
import { z } from 'zod';

import { inOrganization } from './authority.ts';
import { NOTHING, operation } from './operation.ts';

const jwks = '/v2/organizations/{organizationSlug}/jwks';
const authority = inOrganization('admin', null);
const tag = 'JWKS';

export const listJwks = operation({
  id: 'listJwks',
  tag,
  summary: 'Key sets of outside issuers.',
  method: 'GET',
  path: jwks,
  authority: inOrganization('viewer', null),
  response: z.object({ jwks: z.array(z.object({ jwks_name: z.string(), jwks_url: z.string() })) }),
});

export const saveJwks = operation({
  id: 'saveJwks',
  tag,
  summary: 'Accept tokens that are signed with keys of this set; a set of the same name is replaced.',
  method: 'PUT',
  path: `${jwks}/{jwksName}`,
  authority,
  body: z.object({
    jwks_url: z.string().describe('Where the issuer shows its keys: https, or http on this machine.'),
    region: z.string().nullish().describe('Not used.'),
  }),
  response: NOTHING,
  errors: ['jwks_invalid'],
});

export const removeJwks = operation({
  id: 'removeJwks',
  tag,
  summary: 'Accept tokens of this issuer no longer, from now on.',
  method: 'DELETE',
  path: `${jwks}/{jwksName}`,
  authority,
  response: NOTHING,
  errors: ['jwks_not_found'],
});

/** What a token shall be for. The CLI sends it as the body of the GET. */
export const JwksTemplateRequest = z.object({
  database: z.string().nullish(),
  group: z.string().nullish(),
  scope: z.string().nullish().describe('`full-access` or `read-only`.'),
  permissions: z.array(z.object({ t: z.array(z.string()).nullish(), a: z.array(z.string()) })).nullish(),
});

export const getJwksTemplate = operation({
  id: 'getJwksTemplate',
  tag,
  summary: "The claims that an outside issuer's tokens need. Asked for in the query, or in a body as the CLI does.",
  method: 'GET',
  path: '/v2/organizations/{organizationSlug}/jwks-template',
  authority,
  query: JwksTemplateRequest.omit({ permissions: true }),
  response: z.object({ template: z.unknown() }),
  errors: ['jwks_invalid', 'database_not_found', 'group_not_found', 'authorization_invalid', 'permission_invalid'],
});
