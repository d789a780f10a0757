import { z } from 'zod';

import { ApiToken } from './api-tokens.ts';
import { inOrganization } from './authority.ts';
import { operation } from './operation.ts';

const tokens = '/v1/organizations/{organizationSlug}/api-tokens';
const authority = inOrganization('viewer', null);
const tag = 'API tokens';

export const listOrganizationApiTokens = operation({
  id: 'listOrganizationAPITokens',
  tag,
  summary: 'API tokens for this organization: all of them for admins, else your own.',
  method: 'GET',
  path: tokens,
  authority,
  response: z.object({
    tokens: z.array(ApiToken.extend({ owner: z.object({ username: z.string(), email: z.string() }) })),
  }),
});

export const revokeOrganizationApiToken = operation({
  id: 'revokeOrganizationAPIToken',
  tag,
  summary: 'End an API token for this organization, by its id.',
  method: 'DELETE',
  path: `${tokens}/{tokenId}`,
  authority,
  response: z.object({ token: z.string() }),
  errors: ['api_token_not_found'],
});
