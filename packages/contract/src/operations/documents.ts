import { z } from 'zod';

import { PUBLIC } from './authority.ts';
import { operation } from './operation.ts';

export const getOpenApiDocument = operation({
  id: 'getOpenApiDocument',
  tag: 'Documents',
  summary: 'This API as an OpenAPI 3.1 document.',
  method: 'GET',
  path: '/v1/openapi.json',
  authority: PUBLIC,
  response: z.looseObject({ openapi: z.string() }),
});
