/**
 * The same suites as in clients.test.ts, with libSQL's own server behind the gateway. They run when `SQLD_PATH` names its
 * program, and are skipped otherwise.
 */
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';

import { apiOf, createDatabase } from '../acceptance/support/clients.ts';
import { type Skerry, startSkerry } from '../acceptance/support/skerry.ts';
import { SQLD_PATH } from '../acceptance/support/sqld-process.ts';
import { drizzleSuite } from './suites/drizzle.ts';
import { HRANA_VARIANTS, hranaClientSuite } from './suites/hrana-client.ts';
import { libsqlClientSuite } from './suites/libsql-client.ts';
import { serverlessSuite } from './suites/serverless.ts';
import type { Target } from './target.ts';

/**
 * What libSQL's server does otherwise, also when these clients talk to it without anything between
 * (`SKERRY_TEST_URL=… npm test tests/clients/clients.test.ts` fails at exactly these).
 */
const SQLD_DIFFERS: Readonly<Record<string, string>> = {
  'text that is not UTF-8 harms nobody': 'sqld answers 500, and closes a WebSocket',
  'a read batch and a read transaction refuse to write': 'sqld writes after BEGIN READONLY',
  'errors have a code, and the connection goes on': 'sqld finds no fault in a statement that the suite expects to fail',
  'a batch through a cursor: conditions decide which steps run': 'sqld sends an entry that hrana-client refuses',
  'a batch through a cursor: an error in the middle keeps what ran before':
    'sqld sends an entry that hrana-client refuses',
  'a cursor brings 20,000 rows, complete and in order': 'sqld sends an entry that hrana-client refuses',
};

describe.skipIf(SQLD_PATH === undefined)('sqld as the engine (SQLD_PATH)', () => {
  let server: Skerry | undefined;
  let target: Target;

  beforeAll(async () => {
    server = await startSkerry({ args: ['--engine', 'sqld', '--sqld', SQLD_PATH ?? ''] });
    const { hostname, token } = await createDatabase(apiOf(server), 'clients');
    target = { url: `http://${hostname}/`, token };
  });

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  beforeEach(({ task, skip }) => {
    skip(task.name in SQLD_DIFFERS, SQLD_DIFFERS[task.name]);
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
