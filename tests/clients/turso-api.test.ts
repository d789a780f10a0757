import { createClient } from '@tursodatabase/api';
/**
 * Turso's SDK, unmodified: all its methods, in one story, against a running server; and that each calls the operation
 * which docs/api.md names for it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { OPERATIONS } from '../../packages/contract/src/operations/all.ts';
import { pathsOf } from '../../packages/contract/src/operations/paths.ts';
import { type Api, apiOf } from '../acceptance/support/clients.ts';
import { type Skerry, startSkerry } from '../acceptance/support/skerry.ts';
import { SDK_METHODS } from './sdk-methods.ts';

/** The SDK asks this address for the closest location, whatever its base URL is. */
const REGION_SERVICE = 'https://region.turso.io/';

const original = globalThis.fetch;
let server: Skerry;
let personal: Api;
let team: Api;
/** Method and path of each request that the SDK has made. */
let requests: string[] = [];

beforeAll(async () => {
  server = await startSkerry();
  personal = apiOf(server);
  team = createClient({ org: 'acme', token: server.apiToken, baseUrl: `${server.url}/v1/` });
  await post('/v1/organizations', { name: 'acme' });
  await post('/v1/accounts', { username: 'bob' });
  globalThis.fetch = async (input, init) => {
    const asked = input instanceof Request ? input.url : String(input);
    const url = new URL(asked === REGION_SERVICE ? `${server.url}/v1/closest-location` : asked);
    requests.push(`${init?.method ?? 'GET'} ${url.pathname}`);
    return await original(url, init);
  };
});

afterAll(async () => {
  globalThis.fetch = original;
  await server[Symbol.asyncDispose]();
});

async function post(path: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${server.apiToken}` };
  const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect([path, response.status]).toEqual([path, 200]);
}

test('no method of the SDK is left out', () => {
  expect(SDK_METHODS.map(({ name }) => name).sort()).toEqual(methodsOf(personal).sort());
});

test.each(SDK_METHODS)('$name calls $operation and gives what it promises', async ({ call, operation, gives }) => {
  requests = [];
  const given = await call(personal, team);
  expect(requests.map(operationOf)).toEqual([operation]);
  expect(matches(gives, given) ? gives : given).toEqual(gives);
});

/** Names such as `databases.list`: functions of its parts, besides those that only prepare what others send or give. */
function methodsOf(client: Api): string[] {
  return Object.entries(client).flatMap(([part, value]: [string, unknown]) => {
    const prototype: object = Object.getPrototypeOf(value) as object;
    return Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([name, { value: member }]) => typeof member === 'function' && !/^(constructor$|format)/.test(name))
      .filter(() => part !== 'config')
      .map(([name]) => `${part}.${name}`);
  });
}

function operationOf(request: string): string {
  const candidates = OPERATIONS.flatMap((operation) =>
    pathsOf(operation).map(({ path }) => ({ id: operation.id, text: `${operation.method} ${path}` })),
  );
  const fitting = candidates.filter(({ text }) =>
    new RegExp(`^${text.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(request),
  );
  // "databases/dumps" fits "databases/{databaseName}" too: the path with fewer parameters is meant.
  return fitting.sort((a, b) => a.text.split('{').length - b.text.split('{').length)[0]?.id ?? `none for ${request}`;
}

/** Whether `given` has all of `part`; a pattern stands for a text that fits, and of lists the first elements count. */
function matches(part: unknown, given: unknown): boolean {
  if (part instanceof RegExp) {
    return typeof given === 'string' && part.test(given);
  }
  if (typeof part !== 'object' || part === null) {
    return part === given;
  }
  if (typeof given !== 'object' || given === null || Array.isArray(part) !== Array.isArray(given)) {
    return false;
  }
  const values = new Map<string, unknown>(Object.entries(given));
  return Object.entries(part).every(([key, value]) => matches(value, values.get(key)));
}
