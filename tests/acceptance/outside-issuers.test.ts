/**
 * Tokens of an issuer that an organization trusts open its databases, as far as their claims say and no longer than it
 * is trusted.
 */
import { once } from 'node:events';
import { createServer, request as sendRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { apiOf, createDatabase, httpClient, ORGANIZATION, socketClient, type TestDatabase } from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;

let server: Skerry;
let shop: TestDatabase;
let other: TestDatabase;
let issuer: Server;
/** All there from the start: a socket that is still open may make the server ask for them at any moment. */
const keys: JWK[] = [];
const privateKeys = new Map<string, CryptoKey>();
/** The path of each question for the keys. */
const questions: string[] = [];
let keysPath = '';

beforeAll(async () => {
  for (const alg of ALGORITHMS) {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    keys.push({ ...(await exportJWK(publicKey)), kid: alg, alg, use: 'sig' });
    privateKeys.set(alg, privateKey);
  }
  issuer = createServer(({ url = '' }, response) => {
    questions.push(url);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
  }).listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  server = await startSkerry();
  const api = apiOf(server);
  shop = await createDatabase(api, 'shop');
  other = await createDatabase(api, 'other');
  using client = httpClient(shop);
  await client.execute('CREATE TABLE t (a)');
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  issuer.close();
});

async function call(method: string, path: string, body?: object): Promise<Response> {
  return await fetch(`${server.url}/v2/organizations/${ORGANIZATION}/${path}`, {
    method,
    headers: { authorization: `Bearer ${server.apiToken}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

const save = async (path = '/keys'): Promise<void> => {
  const url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}${path}`;
  expect((await call('PUT', 'jwks/issuer', { jwks_url: url, region: '' })).status).toBe(200);
};

/** The claims that the API gives, in a token as an issuer makes it: with claims of its own. */
async function issued(alg: (typeof ALGORITHMS)[number], query: string, extra: object = {}): Promise<string> {
  const privateKey = privateKeys.get(alg);
  if (privateKey === undefined) {
    throw new Error(`there is no key for ${alg}`);
  }
  const { template } = (await (await call('GET', `jwks-template?${query}`)).json()) as { template: object };
  return await new SignJWT({ ...template, azp: 'https://app.example.org', sid: 'sess_1', ...extra })
    .setProtectedHeader({ alg, kid: alg })
    .setIssuer('https://issuer.example.org')
    .setSubject('user_1')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey);
}

beforeEach(async () => {
  // Another address: what is kept of the keys of an earlier one does not count.
  keysPath = `/keys/${performance.now()}`;
  await save(keysPath);
});

test.each(ALGORITHMS)('a token that is signed with %s opens what its claims name', async (alg) => {
  const token = await issued(alg, 'database=shop&scope=read-only');
  for (const open of [httpClient, socketClient]) {
    using client = open({ hostname: shop.hostname, token });
    expect((await client.execute('SELECT count(*) FROM t')).rows[0]?.[0]).toBe(0n);
    await expect(client.execute('INSERT INTO t VALUES (1)')).rejects.toThrow(/403|forbidden|1008/i);
    using elsewhere = open({ hostname: other.hostname, token });
    await expect(elsewhere.execute('SELECT 1')).rejects.toThrow(Error);
  }
  expect(questions).toContain(keysPath);
});

test('the keys are asked for once for many requests', async () => {
  using client = httpClient({ hostname: shop.hostname, token: await issued('ES256', 'group=default') });
  for (let times = 0; times < 20; times += 1) {
    await client.execute('SELECT 1');
  }
  expect(questions.filter((asked) => asked === keysPath)).toEqual([keysPath]);
});

test('a token without claims of ours, or of an unknown key, opens nothing', async () => {
  const nothing = new SignJWT({ sub: 'user_1' });
  const { privateKey } = await generateKeyPair('ES256');
  const unknown = await nothing
    .setProtectedHeader({ alg: 'ES256', kid: 'no' })
    .setExpirationTime('5m')
    .sign(privateKey);
  const claimless = await issued('ES256', 'database=shop', { id: undefined, a: undefined });
  for (const token of [unknown, claimless]) {
    using client = httpClient({ hostname: shop.hostname, token });
    await expect(client.execute('SELECT 1')).rejects.toThrow(/AUTH_JWT_INVALID|NAMESPACE_NOT_FOUND/);
  }
});

test('when the organization trusts the issuer no longer, its tokens are refused at once', async () => {
  const token = await issued('ES256', 'database=shop');
  using client = httpClient({ hostname: shop.hostname, token });
  using socket = socketClient({ hostname: shop.hostname, token });
  await client.execute('SELECT 1');
  await socket.execute('SELECT 1');
  expect((await call('DELETE', 'jwks/issuer', { region: '' })).status).toBe(200);
  await expect(client.execute('SELECT 1')).rejects.toThrow('AUTH_JWT_INVALID');
  await expect(socket.execute('SELECT 1')).rejects.toThrow(Error);
});

test('while the keys cannot be fetched, a new token is refused with 503 and our own are good', async () => {
  const token = await issued('ES256', 'database=shop');
  expect((await call('PUT', 'jwks/issuer', { jwks_url: 'http://127.0.0.1:9/keys' })).status).toBe(200);
  const ask = async (authToken: string): Promise<number> =>
    (
      await fetch(`http://${shop.hostname}/v2/pipeline`, {
        method: 'POST',
        headers: { authorization: `Bearer ${authToken}` },
        body: JSON.stringify({ requests: [{ type: 'close' }] }),
      })
    ).status;
  expect(await ask(token)).toBe(503);
  expect(await ask(shop.token)).toBe(200);
});

test('the CLI asks for a template in the body of a GET, with rights by table', async () => {
  const permissions = [
    { t: null, a: ['data_read'] },
    { t: ['t'], a: ['data_add'] },
  ];
  const body = JSON.stringify({ database: 'shop', group: null, scope: 'full-access', permissions });
  const request = sendRequest(`${server.url}/v2/organizations/${ORGANIZATION}/jwks-template`, {
    method: 'GET',
    headers: { authorization: `Bearer ${server.apiToken}`, 'content-length': Buffer.byteLength(body) },
  });
  request.end(body);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  expect(await json(answer)).toMatchObject({ template: { grants: permissions, p: {} } });
});
