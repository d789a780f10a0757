/**
 * Which operation each method of Turso's SDK (`@tursodatabase/api`) calls, in the order in which the test calls them.
 *
 * @module
 */
import type { Api } from '../acceptance/support/clients.ts';

export interface SdkMethod {
  /** As a program writes it: `databases.list`. */
  readonly name: string;
  /** Id in the contract. */
  readonly operation: string;
  /** @param personal @param team of the two organizations that the test has */
  readonly call: (personal: Api, team: Api) => Promise<unknown>;
  /** Part of what it resolves with. */
  readonly gives: unknown;
}

const GROUP = 'sdk';
const REPLICA = 'aws-eu-west-1';
const group = { name: GROUP, primary: 'local', locations: ['local'] };
const database = { name: 'shop' };
const token = { jwt: /^eyJ/ };

export const SDK_METHODS: readonly SdkMethod[] = [
  method('apiTokens.create', 'createAPIToken', (api) => api.apiTokens.create('sdk'), { name: 'sdk', token: /./ }),
  method('apiTokens.list', 'listAPITokens', (api) => api.apiTokens.list(), [{ name: 'first' }, { name: 'sdk' }]),
  method('apiTokens.validate', 'validateAPIToken', (api) => api.apiTokens.validate('sent by the SDK'), { expiry: -1 }),
  method('apiTokens.revoke', 'revokeAPIToken', (api) => api.apiTokens.revoke('sdk'), { token: 'sdk' }),
  method('locations.list', 'listLocations', (api) => api.locations.list(), [{ code: /./, description: /./ }]),
  method('locations.closest', 'getClosestLocation', (api) => api.locations.closest(), { server: 'local' }),

  method('groups.create', 'createGroup', (api) => api.groups.create(GROUP, 'local'), group),
  method('groups.list', 'listGroups', (api) => api.groups.list(), [{ name: 'default' }, group]),
  method('groups.get', 'getGroup', (api) => api.groups.get(GROUP), group),
  method('groups.addLocation', 'addLocationToGroup', (api) => api.groups.addLocation(GROUP, REPLICA), {
    locations: ['local', REPLICA],
  }),

  method('databases.create', 'createDatabase', (api) => api.databases.create('shop', { group: GROUP }), database),
  method('databases.list', 'listDatabases', (api) => api.databases.list({ group: GROUP }), [database]),
  method('databases.get', 'getDatabase', (api) => api.databases.get('shop'), { ...database, group: GROUP }),
  method('databases.listInstances', 'listDatabaseInstances', (api) => api.databases.listInstances('shop'), [
    { name: 'local', type: 'primary' },
    { name: REPLICA, type: 'replica' },
  ]),
  method('databases.getInstance', 'getDatabaseInstance', (api) => api.databases.getInstance('shop', REPLICA), {
    name: REPLICA,
    type: 'replica',
  }),
  method('databases.createToken', 'createDatabaseToken', (api) => api.databases.createToken('shop'), token),
  method('databases.rotateTokens', 'invalidateDatabaseTokens', (api) => api.databases.rotateTokens('shop'), {}),
  method('databases.usage', 'getDatabaseUsage', (api) => api.databases.usage('shop', { from: new Date(0) }), {
    usage: { rows_read: 0 },
  }),
  method('databases.updateVersion', 'updateDatabaseVersion', (api) => api.databases.updateVersion('shop'), {}),
  method('groups.createToken', 'createGroupToken', (api) => api.groups.createToken(GROUP), token),
  method('groups.rotateTokens', 'invalidateGroupTokens', (api) => api.groups.rotateTokens(GROUP), {}),
  method('databases.delete', 'deleteDatabase', (api) => api.databases.delete('shop'), { database: 'shop' }),
  method('groups.removeLocation', 'removeLocationFromGroup', (api) => api.groups.removeLocation(GROUP, REPLICA), group),
  method('groups.delete', 'deleteGroup', (api) => api.groups.delete(GROUP), group),

  method('organizations.list', 'listOrganizations', (api) => api.organizations.list(), [
    { type: 'personal' },
    { slug: 'acme' },
  ]),
  method('organizations.update', 'updateOrganization', (_, api) => api.organizations.update({ overages: true }), {
    overages: true,
  }),
  method(
    'organizations.addMember',
    'addOrganizationMemberByName',
    (_, api) => api.organizations.addMember('bob', 'admin'),
    { member: 'bob', role: 'admin' },
  ),
  method('organizations.members', 'listOrganizationMembers', (_, api) => api.organizations.members(), [
    { username: 'bob', role: 'admin' },
    { role: 'owner' },
  ]),
  method('organizations.removeMember', 'removeOrganizationMember', (_, api) => api.organizations.removeMember('bob'), {
    member: 'bob',
  }),
  method(
    'organizations.inviteUser',
    'inviteOrganizationMemberV2',
    (_, api) => api.organizations.inviteUser('eve@example.org'),
    { email: 'eve@example.org', token: /./ },
  ),
  method('organizations.listInvites', 'listOrganizationInvitesV2', (_, api) => api.organizations.listInvites(), [
    { email: 'eve@example.org' },
  ]),
  method(
    'organizations.deleteInvite',
    'deleteOrganizationInviteByEmailV2',
    (_, api) => api.organizations.deleteInvite('eve@example.org'),
    undefined,
  ),
  method('organizations.invoices', 'listOrganizationInvoices', (_, api) => api.organizations.invoices(), []),
  method('organizations.delete', 'deleteOrganization', (_, api) => api.organizations.delete(), {}),
];

function method(name: string, operation: string, call: SdkMethod['call'], gives: unknown): SdkMethod {
  return { name, operation, call, gives };
}
