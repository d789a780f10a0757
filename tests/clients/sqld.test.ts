/**
 * The same suites as in clients.test.ts, with libSQL's own server behind the gateway. They run when `SQLD_PATH` names its
 * program, and are skipped otherwise.
 */
import { afterAll, beforeAll, describe } from 'vitest';

import { apiOf, createDatabase } from '../acceptance/support/clients.ts';
import { type Skerry, startSkerry } from '../acceptance/support/skerry.ts';
import { drizzleSuite } from './suites/drizzle.ts';
import { HRANA_VARIANTS, hranaClientSuite } from './suites/hrana-client.ts';
import { libsqlClientSuite } from './suites/libsql-client.ts';
import { serverlessSuite } from './suites/serverless.ts';
import type { Target } from './target.ts';

const binary = process.env['SQLD_PATH'];

describe.skipIf(binary === undefined)('sqld as the engine (SQLD_PATH)', () => {
  let server: Skerry | undefined;
  let target: Target;

  beforeAll(async () => {
    server = await startSkerry({ args: ['--engine', 'sqld', '--sqld', binary ?? ''] });
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
});
