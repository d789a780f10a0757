/**
 * The examples of the Platform API, as one story that can be played from an empty server: who does what, in order.
 * `npm run examples` records it for docs/api.md; `tests/acceptance/api-examples.test.ts` plays it again and compares.
 *
 * @module
 */
import type { Step } from './example.ts';

/** Operations without an example, and why. */
export const WITHOUT_EXAMPLE: Readonly<Record<string, string>> = {
  getOpenApiDocument: 'The answer is the OpenAPI document of this whole API.',
  listenToEvents: 'The answer is a stream that does not end; its form is in the summary.',
};

const acme = { organizationSlug: 'acme' };
const shop = { ...acme, databaseName: 'shop' };
const eu = { ...acme, groupName: 'eu' };
const replica = { ...eu, location: 'aws-eu-west-1' };
const DUMP = 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE item (name TEXT);\nCOMMIT;\n';
const password = 'correct horse battery';

export const STORY: readonly Step[] = [
  // What the server tells about itself and its caller.
  { operation: 'getLatestRelease', as: 'nobody' },
  { operation: 'getClosestLocation', as: 'nobody' },
  { operation: 'getSignInMethods', as: 'nobody' },
  { operation: 'getCurrentUser' },
  { operation: 'validateAPIToken' },
  { operation: 'listLocations' },
  { operation: 'getLocation', params: { location: 'aws-eu-west-1' } },
  { operation: 'listPlans' },

  // An organization and tokens for it.
  { operation: 'createStripeCustomer', body: { name: 'acme' } },
  { operation: 'createOrganization', body: { name: 'acme' } },
  { operation: 'listOrganizations' },
  { operation: 'listOrganizationsV2' },
  { operation: 'getOrganization', params: acme },
  { operation: 'updateOrganization', params: acme, body: { overages: true } },
  { operation: 'listLocationsByPlatform', params: acme },
  {
    operation: 'createAPIToken',
    params: { tokenName: 'ci' },
    body: { organization: 'acme', group: 'default', scopes: ['db:create', 'db:mint-token'] },
    keep: { ciTokenId: 'id' },
  },
  { operation: 'createAPITokenV2', params: { tokenName: 'laptop' } },
  { operation: 'listAPITokens' },
  { operation: 'revokeAPIToken', params: { tokenName: 'laptop' } },
  { operation: 'listOrganizationAPITokens', params: acme },
  { operation: 'revokeOrganizationAPIToken', params: { ...acme, tokenId: '$ciTokenId' } },

  // A group with two locations, and a database in it.
  { operation: 'createGroup', params: acme, body: { name: 'eu', location: 'local' } },
  { operation: 'addLocationToGroup', params: replica },
  { operation: 'waitForGroupLocation', params: replica },
  { operation: 'listGroups', params: acme },
  { operation: 'getGroup', params: eu },
  { operation: 'createDatabase', params: acme, body: { name: 'shop', group: 'eu' } },
  { operation: 'createDatabaseToken', params: shop, query: { expiration: '7d' }, keep: { shopToken: 'jwt' } },
  {
    sql: ['CREATE TABLE item (name TEXT)', "INSERT INTO item VALUES ('pear')", 'SELECT name FROM item'],
    organization: 'acme',
    database: 'shop',
    token: '$shopToken',
  },
  { operation: 'listDatabases', params: acme, query: { group: 'eu' } },
  { operation: 'getDatabase', params: shop, keep: { shopId: 'database.DbId' } },
  { operation: 'listDatabaseInstances', params: shop },
  { operation: 'getDatabaseInstance', params: { ...shop, instanceName: 'local' } },
  { operation: 'getDatabaseConfiguration', params: shop },
  { operation: 'updateDatabaseConfiguration', params: shop, body: { block_writes: false, allow_attach: true } },
  { operation: 'getRestoreWindow', params: shop },
  { operation: 'listTopQueries', params: shop, until: '0' },
  { operation: 'getDatabaseUsage', params: shop },
  { operation: 'getDatabaseUsageHistory', params: shop, query: { step: 'day' } },
  { operation: 'getDatabaseStats', params: shop },
  { operation: 'getOrganizationUsage', params: acme },
  { operation: 'getOrganizationUsageHistory', params: acme, query: { step: 'day' } },
  { operation: 'wakeUpDatabase', params: shop },
  { operation: 'updateDatabaseVersion', params: shop },
  { operation: 'uploadDump', params: acme, file: DUMP },

  // Tokens: of the group, of outside issuers, and their end.
  { operation: 'createGroupToken', params: eu, query: { authorization: 'read-only' } },
  { operation: 'saveJwks', params: { ...acme, jwksName: 'clerk' }, body: { jwks_url: '$jwksUrl' } },
  { operation: 'listJwks', params: acme },
  { operation: 'getJwksTemplate', params: acme, query: { database: 'shop', scope: 'read-only' } },
  { operation: 'removeJwks', params: { ...acme, jwksName: 'clerk' } },
  { operation: 'invalidateDatabaseTokens', params: shop },
  { operation: 'invalidateGroupTokens', params: eu },

  // What can be done with a whole group.
  { operation: 'getGroupConfiguration', params: eu },
  { operation: 'updateGroupConfiguration', params: eu, body: { delete_protection: false } },
  { operation: 'updateGroupDatabases', params: eu },
  { operation: 'unarchiveGroup', params: eu },
  { operation: 'getAwsMigration', params: eu },
  { operation: 'startAwsMigration', params: eu, status: 501 },
  { operation: 'abortAwsMigration', params: eu, status: 501 },
  { operation: 'removeLocationFromGroup', params: replica },

  // Deleted, and brought back.
  { operation: 'deleteDatabase', params: shop },
  { operation: 'restoreDatabase', params: { ...acme, deletedDatabaseId: '$shopId' } },
  { operation: 'deleteGroup', params: eu, keep: { euId: 'group.uuid' } },
  { operation: 'listDeletedGroups', params: acme },
  { operation: 'restoreGroup', params: { ...acme, deletedGroupId: '$euId' } },
  { operation: 'renameGroup', params: eu, body: { name: 'europe' } },
  { operation: 'getBackupStatus', until: 'backup.control_stored_at' },
  { operation: 'verifyBackup' },

  // People: accounts, members, invites.
  { operation: 'createAccount', body: { username: 'bob', email: 'bob@example.com' } },
  { operation: 'createAccountLink', params: { username: 'bob' }, keep: { bobCode: 'code' } },
  { operation: 'signInByLink', as: 'nobody', body: { code: '$bobCode', password }, keepCookie: 'bob' },
  { operation: 'listAccounts' },
  { operation: 'addOrganizationMember', params: acme, body: { username: 'bob', role: 'member' } },
  { operation: 'listOrganizationMembers', params: acme },
  { operation: 'updateMemberRole', params: { ...acme, username: 'bob' }, body: { role: 'viewer' } },
  { operation: 'getOrganizationMember', params: { ...acme, username: 'bob' } },
  { operation: 'removeOrganizationMember', params: { ...acme, username: 'bob' } },
  { operation: 'addOrganizationMemberByName', params: { ...acme, username: 'bob' }, body: { role: 'admin' } },
  { operation: 'removeOrganizationMember', params: { ...acme, username: 'bob' } },
  { operation: 'inviteOrganizationMember', params: acme, body: { email: 'eve@example.com', role: 'member' } },
  { operation: 'listOrganizationInvites', params: acme },
  { operation: 'deleteOrganizationInvite', params: { ...acme, email: 'eve@example.com' } },
  {
    operation: 'inviteOrganizationMemberV2',
    params: acme,
    body: { username: 'bob', role: 'admin' },
    keep: { bobInvite: 'invited.token' },
  },
  { operation: 'lookAtInvite', as: 'nobody', body: { token: '$bobInvite' } },
  { operation: 'joinByInvite', as: 'bob', body: { token: '$bobInvite' } },
  {
    operation: 'inviteOrganizationMemberV2',
    params: acme,
    body: { email: 'eve@example.com', role: 'member' },
    keep: { eveInvite: 'invited.token' },
  },
  { operation: 'listOrganizationInvitesV2', params: acme },
  {
    operation: 'signUpByInvite',
    as: 'nobody',
    body: { token: '$eveInvite', username: 'eve', password },
    keep: { eve: 'token' },
  },
  { operation: 'inviteOrganizationMemberV2', params: acme, body: { email: 'dan@example.com', role: 'viewer' } },
  { operation: 'deleteOrganizationInviteByEmailV2', params: { ...acme, email: 'dan@example.com' } },

  // Sessions.
  { operation: 'signUp', as: 'nobody', body: { username: 'carol', password }, keepCookie: 'carol' },
  { operation: 'getSession', as: 'carol', keep: { carolSession: 'session.id' } },
  { operation: 'signIn', as: 'nobody', body: { username: 'carol', password }, keepCookie: 'carolAgain' },
  { operation: 'listSessions', as: 'carolAgain' },
  { operation: 'endSession', as: 'carolAgain', params: { sessionId: '$carolSession' } },
  {
    operation: 'setPassword',
    as: 'carolAgain',
    body: { current_password: password, new_password: 'a better horse battery' },
  },
  { operation: 'signOut', as: 'carolAgain' },
  { operation: 'deleteAccount', params: { username: 'carol' } },
  { operation: 'invalidateAPITokens', as: 'eve' },

  // Money: there is none.
  { operation: 'listOrganizationPlans', params: acme },
  { operation: 'getOrganizationSubscription', params: acme },
  { operation: 'updateOrganizationSubscription', params: acme, body: { plan: 'starter' } },
  { operation: 'listOrganizationInvoices', params: acme },
  {
    operation: 'updateBillingCustomer',
    params: acme,
    body: { name: 'Acme', email: 'money@example.com', billing_address: { city: 'Bern', country: 'CH' } },
  },
  { operation: 'getBillingCustomer', params: acme },
  { operation: 'hasPaymentMethods', params: acme },
  { operation: 'openBillingPortal', params: acme },

  // Moved to another organization, and the end.
  { operation: 'transferDatabase', params: shop, body: { org: 'skerry' } },
  { operation: 'transferGroup', params: { ...acme, groupName: 'europe' }, body: { organization: 'skerry' } },
  { operation: 'listOrganizationAuditLogs', params: acme, query: { page_size: '5' } },
  { operation: 'deleteOrganization', params: acme },
];
