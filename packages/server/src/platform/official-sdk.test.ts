/**
 * Turso's own SDK, unmodified, against the real routes over a real socket: every method that it has.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { getRequestListener } from '@hono/node-server';
import { createClient } from '@tursodatabase/api';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Harness, OWNER } from './testing/harness.ts';

let api: Harness;
let server: Server;
let personal: ReturnType<typeof createClient>;
let team: ReturnType<typeof createClient>;

beforeAll(async () => {
  api = await Harness.start();
  await api.user('bob');
  await api.post('/v1/organizations', { name: 'acme' });
  const listener = getRequestListener(api.platform.app.fetch, { overrideGlobalObjects: false });
  server = createServer((request, response) => {
    void listener(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/v1/`;
  personal = createClient({ org: OWNER, token: api.token, baseUrl });
  team = createClient({ org: 'acme', token: api.token, baseUrl });
});

afterAll(async () => {
  server.close();
  await api.stop();
});

test('databases: made, listed, read, measured and deleted', async () => {
  const made = await personal.databases.create('shop', { group: 'default' });
  expect(made).toMatchObject({ name: 'shop', hostname: 'shop-ada.localhost:8080' });
  expect(await personal.databases.list()).toMatchObject([{ name: 'shop', id: made.id, primaryRegion: 'local' }]);
  expect(await personal.databases.get('shop')).toMatchObject({ group: 'default', version: 'tech-preview' });
  const [instance] = await personal.databases.listInstances('shop');
  expect(instance).toMatchObject({ name: 'local', type: 'primary' });
  expect(await personal.databases.usage('shop')).toMatchObject({
    uuid: made.id,
    instances: [{ uuid: instance?.uuid }],
    usage: { rows_read: 0, storage_bytes: 0 },
  });
  expect(await personal.databases.usage('shop', { from: new Date(0), to: new Date() })).toMatchObject({
    uuid: made.id,
  });
  await personal.databases.create('copy', { group: 'default', seed: { type: 'database', name: 'shop' } });
  await personal.databases.updateVersion('shop');
  expect(await personal.databases.delete('copy')).toEqual({ database: 'copy' });
});

test("tokens of databases and groups, with the SDK's body that always has permissions", async () => {
  await personal.databases.create('tokens');
  const { jwt } = await personal.databases.createToken('tokens', {
    expiration: '1w2d6h3m',
    authorization: 'read-only',
  });
  expect(jwt.split('.').length).toBe(3);
  await personal.databases.rotateTokens('tokens');
  expect(await personal.groups.createToken('default')).toMatchObject({ jwt: expect.any(String) });
  await personal.groups.rotateTokens('default');
});

test('groups and their locations', async () => {
  expect(await personal.groups.create('eu', 'lhr')).toMatchObject({ name: 'eu', primary: 'lhr' });
  expect(await personal.groups.list()).toMatchObject([{ name: 'default' }, { name: 'eu' }]);
  expect(await personal.groups.get('eu')).toMatchObject({ locations: ['lhr'] });
  const replica = 'aws-eu-west-1';
  expect(await personal.groups.addLocation('eu', replica)).toMatchObject({ locations: ['lhr', replica] });
  expect(await personal.groups.removeLocation('eu', replica)).toMatchObject({ locations: ['lhr'] });
  expect(await personal.groups.delete('eu')).toMatchObject({ name: 'eu' });
});

test('organizations, members and invites', async () => {
  expect((await personal.organizations.list()).map(({ slug }) => slug)).toEqual([OWNER, 'acme']);
  expect(await team.organizations.update({ overages: true })).toMatchObject({ slug: 'acme', overages: true });
  expect(await team.organizations.addMember('bob', 'admin')).toEqual({ member: 'bob', role: 'admin' });
  expect((await team.organizations.members()).map(({ username }) => username)).toEqual([OWNER, 'bob']);
  expect(await team.organizations.removeMember('bob')).toEqual({ member: 'bob' });
  expect(await team.organizations.inviteUser('eve@example.org')).toMatchObject({ email: 'eve@example.org' });
  expect((await team.organizations.listInvites()).map(({ email }) => email)).toEqual(['eve@example.org']);
  await team.organizations.deleteInvite('eve@example.org');
  expect(await team.organizations.listInvites()).toEqual([]);
  expect(await team.organizations.invoices()).toEqual([]);
  await team.organizations.delete();
  expect((await personal.organizations.list()).length).toBe(1);
});

test('API tokens and locations', async () => {
  const { token } = await personal.apiTokens.create('sdk');
  expect(token).toEqual(expect.any(String));
  expect((await personal.apiTokens.list()).map(({ name }) => name)).toEqual(['first', 'sdk']);
  expect(await personal.apiTokens.validate(token)).toEqual({ valid: false, expiry: -1 });
  expect(await personal.apiTokens.revoke('sdk')).toEqual({ token: 'sdk' });
  expect(await personal.locations.list()).toContainEqual({ code: 'lhr', description: 'London' });
});

test('an error carries text and status', async () => {
  await expect(personal.databases.get('nothing')).rejects.toMatchObject({
    message: 'could not find database with name nothing: record not found',
    status: 404,
  });
});
