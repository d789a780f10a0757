/**
 * The same token has the same rights on every path: wherever SQL comes in, and where whole tables or pages leave or enter.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { apiOf, createDatabase, ORGANIZATION, type TestDatabase } from './support/clients.ts';
import { SQL_PATHS } from './support/paths.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

const FRAME_BYTES = 24 + 4096;
/** The one that may change something comes last: what it changes must not be why another one is refused. */
const TOKENS = ['unknown action', 'unknown level', 'reads kept', 'read-only', 'full'] as const;
type Token = (typeof TOKENS)[number];
type Outcome = 'allowed' | 'refused';

let server: Skerry;
let issuer: Server;
let database: TestDatabase;
let tokens: Readonly<Record<Token, string>>;

beforeAll(async () => {
  server = await startSkerry();
  const api = apiOf(server);
  database = await createDatabase(api, 'rights');
  using setup = SQL_PATHS['v3/pipeline']?.(database);
  await setup?.query('CREATE TABLE kept (value)');
  await setup?.query('CREATE TABLE secret (value)');
  const byTable = await call(`v1/organizations/${ORGANIZATION}/databases/rights/auth/tokens`, 'POST', {
    fine_grained_permissions: [{ t: ['kept'], a: ['data_read'] }],
  });
  const { jwt } = (await byTable.json()) as { jwt: string };
  const sign = await newIssuer();
  tokens = {
    full: database.token,
    'read-only': (await api.databases.createToken('rights', { authorization: 'read-only' })).jwt,
    'reads kept': jwt,
    'unknown action': await sign({ grants: [{ t: ['kept'], a: ['data_read', 'data_everything'] }] }),
    'unknown level': await sign({ p: { all: { ns: ['rights'] } } }),
  };
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  issuer.close();
});

async function call(path: string, method = 'GET', body?: object): Promise<Response> {
  return await fetch(`${server.url}/${path}`, {
    method,
    headers: { authorization: `Bearer ${server.apiToken}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Our API mints no claim that it does not know; an issuer that the organization trusts may. */
async function newIssuer(): Promise<(claims: object) => Promise<string>> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }];
  issuer = createServer((_, response) => response.end(JSON.stringify({ keys }))).listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  const url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`;
  const organization = `v2/organizations/${ORGANIZATION}`;
  await call(`${organization}/jwks/issuer`, 'PUT', { jwks_url: url, region: '' });
  const answer = await call(`${organization}/jwks-template?database=rights&scope=full-access`);
  const { template } = (await answer.json()) as { template: object };
  const sign = async (claims: object): Promise<string> =>
    await new SignJWT({ ...template, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setExpirationTime('5m')
      .sign(privateKey);
  // Without a claim that is unknown such a token opens the database, so it is the claim that is refused below.
  using open = SQL_PATHS['v3/pipeline']?.({ ...database, token: await sign({}) });
  expect(await open?.query('SELECT 1')).toEqual([[1n]]);
  return sign;
}

async function ask(
  token: string,
  method: string,
  path: string,
  body?: string | Uint8Array<ArrayBuffer>,
): Promise<Response> {
  return await fetch(`http://${database.hostname}/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
  });
}

type Run = (token: string, sql: string) => Promise<void>;

/** Rejects with the text of what is not 200, or of the first error of a step. */
async function version1(token: string, path: string, body: object): Promise<void> {
  const answer = await ask(token, 'POST', path, JSON.stringify(body));
  const text = await answer.text();
  const { result } = JSON.parse(text) as { result?: { step_errors?: (object | null)[] } };
  if (answer.status !== 200 || result?.step_errors?.some((error) => error !== null) === true) {
    throw new Error(`HTTP status ${answer.status}: ${text}`);
  }
}

const PATHS: Readonly<Record<string, Run>> = {
  'v1/execute': async (token, sql) => await version1(token, 'v1/execute', { stmt: { sql } }),
  'v1/batch': async (token, sql) => await version1(token, 'v1/batch', { batch: { steps: [{ stmt: { sql } }] } }),
  ...Object.fromEntries(
    Object.entries(SQL_PATHS).map(([name, open]): [string, Run] => [
      name,
      async (token, sql) => {
        using path = open({ ...database, token });
        await path.query(sql);
      },
    ]),
  ),
};

/** That the rights are missing, in the words of each client; not that something else went wrong. */
const REFUSED = /not authorized|forbidden|AUTH_|JWT|unauthorized|\b40[13]\b/i;

async function outcomeOf(run: Promise<void>): Promise<Outcome> {
  try {
    await run;
    return 'allowed';
  } catch (error) {
    if (REFUSED.test(String(error))) {
      return 'refused';
    }
    throw error;
  }
}

const ALLOWED: readonly [sql: string, tokens: readonly Token[]][] = [
  ['SELECT * FROM kept', ['full', 'read-only', 'reads kept']],
  ['SELECT * FROM secret', ['full', 'read-only']],
  ['SELECT (SELECT count(*) FROM secret) FROM kept', ['full', 'read-only']],
  ['INSERT INTO kept VALUES (1)', ['full']],
  ['INSERT INTO kept VALUES (1) RETURNING value', ['full']],
  ['UPDATE secret SET value = 1', ['full']],
  ['DELETE FROM secret', ['full']],
  ['CREATE VIEW IF NOT EXISTS made AS SELECT 1', ['full']],
  ['DROP VIEW made', ['full']],
];

describe.each(Object.entries(PATHS))('%s', (_, run) => {
  test('a token reaches what it names and no more', async () => {
    await PATHS['v1/batch']?.(tokens.full, 'DELETE FROM kept');
    const found: string[] = [];
    const expected: string[] = [];
    for (const [sql, allowed] of ALLOWED) {
      for (const token of TOKENS) {
        expected.push(`${sql} / ${token}: ${allowed.includes(token) ? 'allowed' : 'refused'}`);
        found.push(`${sql} / ${token}: ${await outcomeOf(run(tokens[token], sql))}`);
      }
    }
    expect(found).toEqual(expected);
    using look = SQL_PATHS['v3/pipeline']?.(database);
    expect(await look?.query('SELECT count(*) FROM kept')).toEqual([[2n]]);
    expect(await look?.query('SELECT name FROM sqlite_schema ORDER BY name')).toEqual([['kept'], ['secret']]);
  });
});

const WHOLE: readonly [method: string, path: string, statuses: Readonly<Record<Token, number>>][] = [
  ['GET', 'dump', statuses(200, 200, 403)],
  ['GET', 'beta/listen?table=kept&action=insert', statuses(200, 200, 200)],
  ['GET', 'beta/listen?table=secret&action=insert', statuses(200, 200, 403)],
  ['GET', 'info', statuses(200, 200, 403)],
  ['GET', 'export/GENERATION', statuses(200, 200, 403)],
  // The frame that it brings is there already, so that whoever may push hears of a conflict, and nothing changes.
  ['POST', 'sync/GENERATION/1/2', statuses(200, 403, 403)],
];

function statuses(full: number, readOnly: number, readsKept: number): Readonly<Record<Token, number>> {
  const refused = 401;
  return {
    full,
    'read-only': readOnly,
    'reads kept': readsKept,
    'unknown action': refused,
    'unknown level': refused,
  };
}

test.each(WHOLE)('%s %s is for the tokens that may read or write all of it', async (method, path, expected) => {
  const found: Partial<Record<Token, number>> = {};
  const info = (await (await ask(tokens.full, 'GET', 'info')).json()) as { current_generation: number };
  for (const token of TOKENS) {
    const body = method === 'POST' ? new Uint8Array(FRAME_BYTES) : undefined;
    const answer = await ask(tokens[token], method, path.replace('GENERATION', String(info.current_generation)), body);
    await answer.body?.cancel();
    found[token] = answer.status;
  }
  expect(found).toEqual(expected);
});
