/**
 * The Platform API as an OpenAPI 3.1 document, made from the operations.
 *
 * Personal aliases and the /v3 mirror are left out: they are described once in the introduction, and as paths of their
 * own they would triple the document without telling more.
 *
 * @module
 */
import { z } from 'zod';

import { ERRORS } from './errors/catalogue.ts';
import { OPERATIONS } from './operations/all.ts';
import type { Authority } from './operations/authority.ts';
import { errorsOf } from './operations/errors.ts';
import type { Operation } from './operations/operation.ts';
import { SESSION_COOKIE } from './session-cookie.ts';

type Json = Record<string, unknown>;

const DESCRIPTION = `\
Every operation below an organization also answers without it (\`/v1/databases\`), and then means your personal
organization. Every \`/v1\` operation also answers below \`/v3\`, where databases and groups are named by their UUID.
\`{organizationSlug}\` may be the slug or the UUID. Bodies are JSON whatever the content type says.`;

export function openApiDocument(version: string): { openapi: string } & Json {
  const schemas: Json = {
    Error: {
      type: 'object',
      required: ['error', 'code'],
      properties: {
        error: { type: 'string', description: 'For people.' },
        code: { type: 'string', description: 'Stable; for programs.' },
      },
    },
  };
  const paths: Record<string, Json> = {};
  for (const operation of OPERATIONS) {
    for (const path of [operation.path, ...operation.alsoAt]) {
      const item = (paths[path] ??= {});
      item[operation.method.toLowerCase()] = describe(operation, path, schemas);
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Skerry Platform API', version, description: DESCRIPTION },
    paths,
    components: {
      schemas,
      securitySchemes: {
        apiToken: { type: 'http', scheme: 'bearer', description: 'An API token.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE,
          description: 'Set by signing in; counts for pages of the same origin only.',
        },
      },
    },
  };
}

function describe(operation: Operation, path: string, schemas: Json): Json {
  const isMain = path === operation.path;
  return {
    operationId: isMain ? operation.id : `${operation.id}At${path.replaceAll(/\W+/g, '_')}`,
    tags: [operation.tag],
    summary: operation.summary,
    description: whoMay(operation.authority),
    security: operation.authority.kind === 'public' ? [] : [{ apiToken: [] }, { session: [] }],
    parameters: [...pathParameters(path), ...queryParameters(operation, schemas)],
    ...(operation.hasBody
      ? { requestBody: { content: json(schemaOf(operation.body, 'input', schemas)), required: false } }
      : {}),
    responses: {
      200: { description: 'Done.', content: json(schemaOf(operation.response, 'output', schemas)) },
      ...errorResponses(operation),
    },
  };
}

function whoMay(authority: Authority): string {
  switch (authority.kind) {
    case 'public':
      return 'Needs no token.';
    case 'caller':
      if (authority.operator === true) {
        return 'For the operator of the server.';
      }
      return authority.unrestricted ? 'Not with a token that is restricted.' : 'With any API token.';
    case 'organization':
      return `For members with at least the role \`${authority.role}\`; a token for a group ${
        authority.scope === null ? 'cannot call it' : `needs the scope \`${authority.scope}\``
      }.`;
  }
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(operation: Operation, schemas: Json): Json[] {
  const { properties = {}, required = [] } = schemaOf(operation.query, 'input', schemas) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description = '', ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    description,
    schema,
  }));
}

/** One response for each status, with the codes that it may carry. */
function errorResponses(operation: Operation): Json {
  const byStatus = Map.groupBy(errorsOf(operation), (code) => ERRORS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      {
        description: list.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join('\n\n'),
        content: json({ $ref: '#/components/schemas/Error' }),
      },
    ]),
  );
}

function json(schema: Json): Json {
  return { 'application/json': { schema } };
}

/** Named schemas (`.meta({ id })`) move to the components and are referred to. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const { $defs = {}, $schema: _, ...rest } = z.toJSONSchema(schema, { io }) as Json & { $defs?: Json };
  const moved = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      return value.map(moved);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [
        name,
        name === '$ref' && typeof field === 'string'
          ? field.replace('#/$defs/', '#/components/schemas/')
          : moved(field),
      ]),
    );
  };
  for (const [name, definition] of Object.entries($defs)) {
    schemas[name] = moved(definition);
  }
  return moved(rest) as Json;
}
