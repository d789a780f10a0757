/**
 * Every operation of the contract that may change something, against the audit log: exactly one entry each, in every
 * organization that the change is about. An operation that is new in the contract fails here until it is listed.
 */
import { OPERATIONS } from '@skerry/contract/operations/all';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type Answer, Harness, OWNER } from '../testing/harness.ts';

const ORGANIZATION = `/v1/organizations/${OWNER}`;
const DATABASES = `${ORGANIZATION}/databases`;
/** A team: a personal organization is not shared. */
const TEAM = '/v1/organizations/acme';
const GROUP = `${ORGANIZATION}/groups/default`;
const KEY_SET = `/v2/organizations/${OWNER}/jwks/clerk`;

let api: Harness;
/** API token of a second user. */
let bob: string;

beforeEach(async () => {
  api = await Harness.start();
  bob = await api.user('bob');
});

afterEach(async () => {
  await api.stop();
});

interface Change {
  readonly before?: () => Promise<unknown>;
  readonly request: () => Promise<Answer>;
  /** One for each organization that it is about. */
  readonly leaves: readonly string[];
}

async function team(): Promise<Answer> {
  return await api.post('/v1/organizations', { name: 'acme' });
}

async function invite(): Promise<Answer> {
  return await api.post(`${TEAM}/invites`, { email: 'carol@example.org', role: 'member' });
}

async function addBob(): Promise<Answer> {
  return await api.post(`${TEAM}/members`, { username: 'bob', role: 'member' });
}

async function organizationTokenId(): Promise<string> {
  await api.post('/v1/auth/api-tokens/ci', { organization: OWNER });
  const { body } = await api.get(`${ORGANIZATION}/api-tokens`);
  const { id } = (body.tokens as { id: string; name: string }[]).find(({ name }) => name === 'ci') ?? { id: '' };
  return id;
}

const CHANGES: Readonly<Record<string, Change>> = {
  createOrganization: { request: team, leaves: ['org-create'] },
  deleteOrganization: {
    // Its own log goes with it: the entry is in the personal organization of whoever deletes it.
    before: team,
    request: async () => await api.delete(TEAM),
    leaves: ['org-delete'],
  },
  updateOrganization: {
    request: async () => await api.patch(ORGANIZATION, { overages: true }),
    leaves: ['org-set-overages'],
  },
  saveJwks: {
    request: async () => await api.call('PUT', KEY_SET, { body: { jwks_url: 'https://issuer.example/keys' } }),
    leaves: ['org-jwks-save'],
  },
  removeJwks: {
    before: async () => await api.call('PUT', KEY_SET, { body: { jwks_url: 'https://issuer.example/keys' } }),
    request: async () => await api.delete(KEY_SET),
    leaves: ['org-jwks-rm'],
  },
  revokeOrganizationAPIToken: {
    request: async () => await api.delete(`${ORGANIZATION}/api-tokens/${await organizationTokenId()}`),
    leaves: ['user-token-create', 'user-token-revoke'],
  },
  addOrganizationMember: { before: team, request: addBob, leaves: ['org-member-add'] },
  addOrganizationMemberByName: {
    before: team,
    request: async () => await api.post(`${TEAM}/members/bob`, { role: 'member' }),
    leaves: ['org-member-add'],
  },
  removeOrganizationMember: {
    before: async () => {
      await team();
      await addBob();
    },
    request: async () => await api.delete(`${TEAM}/members/bob`),
    leaves: ['org-member-rm'],
  },
  updateMemberRole: {
    before: async () => {
      await team();
      await addBob();
    },
    request: async () => await api.patch(`${TEAM}/members/bob`, { role: 'admin' }),
    leaves: ['org-member-update'],
  },
  inviteOrganizationMember: { before: team, request: invite, leaves: ['org-invite-create'] },
  inviteOrganizationMemberV2: {
    before: team,
    request: async () =>
      await api.post(`/v2/organizations/acme/invites`, { email: 'carol@example.org', role: 'member' }),
    leaves: ['org-invite-create'],
  },
  deleteOrganizationInvite: {
    before: async () => {
      await team();
      await invite();
    },
    request: async () => await api.delete(`${TEAM}/invites/carol@example.org`),
    leaves: ['org-invite-delete'],
  },
  deleteOrganizationInviteByEmailV2: {
    before: async () => {
      await team();
      await invite();
    },
    request: async () => await api.delete(`/v2/organizations/acme/invites/carol@example.org`),
    leaves: ['org-invite-delete'],
  },
  joinByInvite: {
    before: team,
    request: async () => {
      const { body } = await invite();
      return await api.post('/v2/invites/join', { token: body.invited.Token }, { token: bob });
    },
    leaves: ['org-invite-create', 'org-member-add'],
  },
  createGroup: {
    request: async () => await api.post(`${ORGANIZATION}/groups`, { name: 'eu', location: 'lhr' }),
    leaves: ['group-create'],
  },
  deleteGroup: { request: async () => await api.delete(GROUP), leaves: ['group-delete'] },
  addLocationToGroup: {
    request: async () => await api.post(`${GROUP}/locations/lhr`),
    leaves: ['instance-create'],
  },
  removeLocationFromGroup: {
    before: async () => await api.post(`${GROUP}/locations/lhr`),
    request: async () => await api.delete(`${GROUP}/locations/lhr`),
    leaves: ['instance-delete'],
  },
  updateGroupConfiguration: {
    request: async () => await api.patch(`${GROUP}/configuration`, { delete_protection: true }),
    leaves: ['group-protect'],
  },
  renameGroup: {
    request: async () => await api.post(`${GROUP}/rename`, { new_group: 'main', name: 'main' }),
    leaves: ['group-rename'],
  },
  transferGroup: {
    before: async () => {
      await team();
      await api.delete(`${TEAM}/groups/default`);
    },
    request: async () => await api.post(`${GROUP}/transfer`, { organization: 'acme' }),
    leaves: ['group-transfer', 'group-transfer'],
  },
  createDatabase: {
    request: async () => await api.post(DATABASES, { name: 'shop', group: 'default' }),
    leaves: ['db-create'],
  },
  deleteDatabase: {
    before: async () => await api.database('shop'),
    request: async () => await api.delete(`${DATABASES}/shop`),
    leaves: ['db-delete'],
  },
  updateDatabaseConfiguration: {
    before: async () => await api.database('shop'),
    request: async () => await api.patch(`${DATABASES}/shop/configuration`, { block_writes: true }),
    leaves: ['db-configure'],
  },
  transferDatabase: {
    before: async () => {
      await team();
      await api.database('shop');
    },
    request: async () => await api.post(`${DATABASES}/shop/transfer`, { org: 'acme', organization: 'acme' }),
    leaves: ['db-transfer', 'db-transfer'],
  },
  createDatabaseToken: {
    before: async () => await api.database('shop'),
    request: async () => await api.post(`${DATABASES}/shop/auth/tokens`),
    leaves: ['db-token-create'],
  },
  invalidateDatabaseTokens: {
    before: async () => await api.database('shop'),
    request: async () => await api.post(`${DATABASES}/shop/auth/rotate`),
    leaves: ['db-token-rotate'],
  },
  createGroupToken: { request: async () => await api.post(`${GROUP}/auth/tokens`), leaves: ['group-token-create'] },
  invalidateGroupTokens: {
    request: async () => await api.post(`${GROUP}/auth/rotate`),
    leaves: ['group-token-rotate'],
  },
  createAPIToken: {
    request: async () => await api.post('/v1/auth/api-tokens/ci'),
    leaves: ['user-token-create'],
  },
  createAPITokenV2: {
    request: async () => await api.post('/v2/auth/api-tokens/ci'),
    leaves: ['user-token-create'],
  },
  invalidateAPITokens: { request: async () => await api.post('/v1/auth/invalidate'), leaves: ['user-token-revoke'] },
  revokeAPIToken: {
    before: async () => await api.post('/v1/auth/api-tokens/ci'),
    request: async () => await api.delete('/v1/auth/api-tokens/ci'),
    leaves: ['user-token-revoke'],
  },
  updateBillingCustomer: {
    request: async () => await api.call('PUT', `${ORGANIZATION}/billing/customer`, { body: { name: 'Ada' } }),
    leaves: ['org-update'],
  },
  createAccount: {
    // In the operator's organization, and in the new one.
    request: async () => await api.post('/v1/accounts', { username: 'carol' }),
    leaves: ['account-create', 'user-signup'],
  },
  createAccountLink: { request: async () => await api.post('/v1/accounts/bob/link'), leaves: ['account-link'] },
  deleteAccount: {
    before: async () => {
      await team();
      await addBob();
    },
    // In the operator's organization, and in those of others; the person's own goes along with its log.
    request: async () => await api.delete('/v1/accounts/bob'),
    leaves: ['user-delete', 'org-member-rm'],
  },
};

/** They change no record of an organization, or nothing at all. */
const WITHOUT_ENTRY: Readonly<Record<string, string>> = {
  abortAwsMigration: 'nothing to migrate here',
  startAwsMigration: 'nothing to migrate here',
  unarchiveGroup: 'no group is ever archived',
  updateGroupDatabases: 'every database has the newest version',
  updateDatabaseVersion: 'every database has the newest version',
  wakeUpDatabase: 'no database sleeps',
  restoreDatabase: 'see restore/: `db-restore`',
  restoreGroup: 'see restore/: `group-restore`',
  createStripeCustomer: 'nobody is billed',
  openBillingPortal: 'nobody is billed',
  updateOrganizationSubscription: 'there is one plan',
  verifyBackup: 'looks: it reads the backup and compares',
  lookAtInvite: 'looks',
  uploadDump: 'the creation from it leaves the entry',
  endSession: "a person's own sign-in is no change of an organization",
  setPassword: "a person's own sign-in is no change of an organization",
  signIn: "a person's own sign-in is no change of an organization",
  signInByLink: "a person's own sign-in is no change of an organization",
  signOut: "a person's own sign-in is no change of an organization",
  signUp: 'see sessions/: `user-signup` in the new organization',
  signUpByInvite: 'see invites/: `user-signup` in the new organization, `org-member-add` in the inviting one',
};

async function entries(): Promise<{ id: string; code: string }[]> {
  return await api.store.db.selectFrom('audit_log').select(['id', 'code']).execute();
}

test.each(Object.entries(CHANGES))('%s leaves one entry in each organization that it is about', async (_, change) => {
  await change.before?.();
  const before = new Set((await entries()).map(({ id }) => id));
  const answer = await change.request();
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  const added = (await entries()).filter(({ id }) => !before.has(id));
  expect(added.map(({ code }) => code).sort()).toEqual([...change.leaves].sort());
});

test('every operation that may change something is listed here', () => {
  const changing = OPERATIONS.filter(({ method }) => method !== 'GET').map(({ id }) => id);
  const listed = [...Object.keys(CHANGES), ...Object.keys(WITHOUT_ENTRY)];
  expect(listed.sort()).toEqual([...changing].sort());
});
