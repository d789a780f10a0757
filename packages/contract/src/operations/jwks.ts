/**
 * Keys of other token issuers. None can be saved yet: a saved set whose tokens are then refused would only puzzle.
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
  summary: 'Key sets of other issuers; none yet.',
  method: 'GET',
  path: jwks,
  authority: inOrganization('viewer', null),
  response: z.object({ jwks: z.array(z.object({ jwks_name: z.string(), jwks_url: z.string() })) }),
});

export const saveJwks = operation({
  id: 'saveJwks',
  tag,
  summary: 'Not offered yet.',
  method: 'PUT',
  path: `${jwks}/{jwksName}`,
  authority,
  response: NOTHING,
  errors: ['not_offered'],
});

export const removeJwks = operation({
  id: 'removeJwks',
  tag,
  summary: 'There is none to remove yet.',
  method: 'DELETE',
  path: `${jwks}/{jwksName}`,
  authority,
  response: NOTHING,
  errors: ['jwks_not_found'],
});

export const getJwksTemplate = operation({
  id: 'getJwksTemplate',
  tag,
  summary: 'Not offered yet.',
  method: 'GET',
  path: '/v2/organizations/{organizationSlug}/jwks-template',
  authority,
  response: z.object({ template: z.unknown() }),
  errors: ['not_offered'],
});
