/**
 * Official clients, unmodified, against one database; what each does in full is in its suite. Set `SKERRY_TEST_URL` (and
 * `SKERRY_TEST_TOKEN`) to run the suites against a database that is already there, of whatever server.
 */
import { afterAll, beforeAll } from 'vitest';

import { apiOf, createDatabase } from '../acceptance/support/clients.ts';
import { type Skerry, startSkerry } from '../acceptance/support/skerry.ts';
import { drizzleSuite } from './suites/drizzle.ts';
import { HRANA_VARIANTS, hranaClientSuite } from './suites/hrana-client.ts';
import { libsqlClientSuite } from './suites/libsql-client.ts';
import { serverlessSuite } from './suites/serverless.ts';
import type { Target } from './target.ts';

let server: Skerry | undefined;
let target: Target;

beforeAll(async () => {
  const url = process.env['SKERRY_TEST_URL'];
  if (url !== undefined) {
    target = { url: url.endsWith('/') ? url : `${url}/`, token: process.env['SKERRY_TEST_TOKEN'] };
    return;
  }
  server = await startSkerry();
  const { hostname, token } = await createDatabase(apiOf(server), 'clients');
  target = { url: `http://${hostname}/`, token };
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

const getTarget = (): Target => target;

libsqlClientSuite('http', getTarget);
libsqlClientSuite('ws', getTarget);
serverlessSuite(getTarget);
drizzleSuite(getTarget);
for (const variant of HRANA_VARIANTS) {
  hranaClientSuite(variant, getTarget);
}
