import { generateKeyPairSync } from 'node:crypto';

import { expect, test } from 'vitest';

import { Addresses } from '../platform/addresses.ts';
import type { Directory, DirectoryEntry } from '../platform/directory.ts';
import { Targets } from './target.ts';

const DATABASE_ID = '018f4a3e-7b1c-7d2e-8f3a-4b5c6d7e8f90';
const key = { id: 'k', publicKey: generateKeyPairSync('ed25519').publicKey };
const entry: DirectoryEntry = {
  databaseId: DATABASE_ID,
  databaseName: 'orders',
  organizationSlug: 'acme',
  groupId: 'g',
  instances: [
    { instanceId: '1', location: 'ams', role: 'primary' },
    { instanceId: '2', location: 'lhr', role: 'replica' },
  ],
  settings: {
    blockReads: false,
    blockWrites: false,
    sizeLimitBytes: null,
    allowAttach: false,
    offSite: false,
    awaitingUpload: false,
    syncProtocol: 'v2',
  },
  databaseKey: key,
  groupKey: key,
  groupTokensRefusedUntilMs: 0,
  keySetUrls: [],
  allowedIps: [],
  attachable: [],
};
const directory: Directory = {
  byLabel: async (label) => await Promise.resolve(label === 'orders-acme' ? entry : undefined),
  byName: async (organization, name) =>
    await Promise.resolve(organization === 'acme' && name === 'orders' ? entry : undefined),
  byId: async (id) => await Promise.resolve(id === DATABASE_ID ? entry : undefined),
  onChange: () => () => undefined,
};
const targets = new Targets(new Addresses(() => ({ domain: 'localhost', port: 8080 })), directory, ['ams', 'lhr']);

const find = async (host: string, path: string, headers: Record<string, string> = {}): Promise<string> => {
  const target = await targets.find({ host, ...headers }, path);
  return target.kind === 'database' ? `${target.instance.location} ${target.path}` : target.kind;
};

test.each([
  ['orders-acme.localhost:8080', '/v2/pipeline', 'ams /v2/pipeline'],
  ['ORDERS-ACME.localhost', '/', 'ams /'],
  ['orders-acme.localhost', '//info', 'ams /info'],
  ['localhost:8080', '/db/acme/orders//sync/1/1/9', 'ams /sync/1/1/9'],
  ['lhr--orders-acme.localhost:8080', '/v2/pipeline', 'lhr /v2/pipeline'],
  ['lhr--018f4a3e7b1c7d2e8f3a4b5c6d7e8f90.localhost', '/health', 'lhr /health'],
  ['fra--orders-acme.localhost', '/health', 'missing'],
  ['nothing-acme.localhost', '/v2/pipeline', 'missing'],
  ['localhost:8080', '/v1/organizations', 'bare'],
  ['api.localhost:8080', '/v1/organizations', 'bare'],
  ['127.0.0.1:8080', '/v2/pipeline', 'bare'],
  ['[::1]:8080', '/health', 'bare'],
  ['orders-acme.example.com', '/health', 'bare'],
])('host %s and path %s lead to: %s', async (host, path, expected) => {
  expect(await find(host, path)).toBe(expected);
});

test.each([
  ['/db/acme/orders', 'ams /'],
  ['/db/acme/orders/', 'ams /'],
  ['/db/acme/orders/v3/pipeline', 'ams /v3/pipeline'],
  ['/db/acme/orders@lhr/v3/cursor', 'lhr /v3/cursor'],
  ['/db/acme/orders%40lhr/v3/cursor', 'lhr /v3/cursor'],
  ['/db/acme/orders@fra/v3/cursor', 'missing'],
  ['/db/acme', 'missing'],
  ['/db/', 'missing'],
  ['/db/acme/%zz/', 'missing'],
  ['/dev/orders-acme/v2/pipeline', 'ams /v2/pipeline'],
])('path %s leads to: %s', async (path, expected) => {
  expect(await find('127.0.0.1:8080', path)).toBe(expected);
});

test('the x-namespace header names a database on the bare address', async () => {
  expect(await find('127.0.0.1', '/v2/pipeline', { 'x-namespace': 'orders-acme' })).toBe('ams /v2/pipeline');
  const binary = Buffer.from('orders-acme').toString('base64').replaceAll('=', '');
  expect(await find('127.0.0.1', '/v2/pipeline', { 'x-namespace-bin': binary })).toBe('ams /v2/pipeline');
});

test('a client that drops the last segment of its URL learns that the URL needs a slash at its end', async () => {
  const target = await targets.find({ host: '127.0.0.1' }, '/db/acme/v2/pipeline');
  expect(target).toMatchObject({ kind: 'missing', hint: expect.stringContaining('/db/acme/DATABASE/') as unknown });
});
