import { z } from 'zod';

import { CALLER, UNRESTRICTED_CALLER } from './authority.ts';
import { operation } from './operation.ts';

export const ApiToken = z
  .object({
    id: z.string(),
    name: z.string(),
    organization: z.string().optional().describe('Slug; the token is for this organization only.'),
    group: z.string().optional().describe('The token is for this group only.'),
    scopes: z.array(z.string()).optional(),
    created_at: z.string().describe('Day, YYYY-MM-DD.'),
  })
  .meta({ id: 'ApiToken' });

const body = z.object({
  organization: z.string().nullish(),
  group: z.string().nullish(),
  scopes: z.array(z.string()).nullish(),
});

const errors = [
  'api_token_exists',
  'api_token_name_invalid',
  'api_token_scopes_invalid',
  'organization_not_found',
  'group_not_found',
] as const;
const tag = 'API tokens';

export const validateApiToken = operation({
  id: 'validateAPIToken',
  tag,
  summary: 'Says until when the token of this request is valid: Unix seconds, -1 for ever.',
  method: 'GET',
  path: '/v1/auth/validate',
  alsoAt: ['/v1/auth/api-tokens/validate'],
  authority: CALLER,
  response: z.object({ exp: z.int() }),
});

export const listApiTokens = operation({
  id: 'listAPITokens',
  tag,
  summary: 'Your API tokens.',
  method: 'GET',
  path: '/v1/auth/api-tokens',
  authority: UNRESTRICTED_CALLER,
  response: z.object({ tokens: z.array(ApiToken) }),
});

export const createApiToken = operation({
  id: 'createAPIToken',
  tag,
  summary: 'Make an API token; it is shown this once.',
  method: 'POST',
  path: '/v1/auth/api-tokens/{tokenName}',
  authority: UNRESTRICTED_CALLER,
  body,
  response: z.object({ name: z.string(), id: z.string(), token: z.string() }),
  errors,
});

/** The same in an object, as the CLI reads it. */
export const createApiTokenV2 = operation({
  id: 'createAPITokenV2',
  tag,
  summary: 'Make an API token; it is shown this once.',
  method: 'POST',
  path: '/v2/auth/api-tokens/{tokenName}',
  authority: UNRESTRICTED_CALLER,
  body,
  response: z.object({ token: z.object({ name: z.string(), id: z.string(), value: z.string() }) }),
  errors,
});

export const revokeApiToken = operation({
  id: 'revokeAPIToken',
  tag,
  summary: 'End one of your API tokens at once.',
  method: 'DELETE',
  path: '/v1/auth/api-tokens/{tokenName}',
  authority: UNRESTRICTED_CALLER,
  response: z.object({ token: z.string() }),
  errors: ['api_token_not_found'],
});

export const invalidateApiTokens = operation({
  id: 'invalidateAPITokens',
  tag,
  summary: 'End all your API tokens, the one of this request included.',
  method: 'POST',
  path: '/v1/auth/invalidate',
  authority: UNRESTRICTED_CALLER,
  response: z.object({ validFrom: z.int().describe('Unix seconds.') }),
});
