/**
 * Invitations. Skerry sends no e-mail: creating an invite answers a token, which the inviter hands on, and with which
 * the invited takes it: `joinByInvite` with an account, `signUpByInvite` without.
 *
 * @module
 */
import { z } from 'zod';

import { inOrganization, PUBLIC, ROLES, UNRESTRICTED_CALLER } from './authority.ts';
import { NOTHING, operation } from './operation.ts';

const Role = z.enum(ROLES);

export const Invite = z
  .object({ id: z.int(), email: z.string(), role: Role, created_at: z.string() })
  .meta({ id: 'Invite' });

/** The first version's shape: names in Pascal case, which Go's clients read without regard to case. */
const InviteV1 = z
  .object({
    ID: z.int(),
    CreatedAt: z.string(),
    UpdatedAt: z.string(),
    DeletedAt: z.string().nullable(),
    Role,
    Email: z.string(),
    Accepted: z.boolean(),
  })
  .meta({ id: 'InviteV1' });

const invitesV1 = '/v1/organizations/{organizationSlug}/invites';
const invites = '/v2/organizations/{organizationSlug}/invites';
const authority = inOrganization('admin', null);
const tag = 'Invites';
const Token = z.string().describe('For the invited; shown this once.');

export const listOrganizationInvites = operation({
  id: 'listOrganizationInvites',
  tag,
  summary: 'Pending invites, in the shape of the first version.',
  method: 'GET',
  path: invitesV1,
  authority,
  response: z.object({ invites: z.array(InviteV1) }),
});

export const inviteOrganizationMember = operation({
  id: 'inviteOrganizationMember',
  tag,
  summary: 'Invite somebody by e-mail address, in the shape of the first version.',
  method: 'POST',
  path: invitesV1,
  alsoAt: ['/v1/organizations/{organizationSlug}/invite'],
  authority,
  body: z.object({ email: z.string().nullish(), role: z.string().nullish() }),
  response: z.object({ invited: InviteV1.extend({ Token }) }),
  errors: ['invite_recipient_invalid', 'role_invalid', 'organization_personal'],
});

export const deleteOrganizationInvite = operation({
  id: 'deleteOrganizationInvite',
  tag,
  summary: 'Take an invite back.',
  method: 'DELETE',
  path: `${invitesV1}/{email}`,
  authority,
  response: NOTHING,
  errors: ['invite_not_found'],
});

export const listOrganizationInvitesV2 = operation({
  id: 'listOrganizationInvitesV2',
  tag,
  summary: 'Pending invites.',
  method: 'GET',
  path: invites,
  authority,
  response: z.object({ invites: z.array(Invite) }),
});

export const inviteOrganizationMemberV2 = operation({
  id: 'inviteOrganizationMemberV2',
  tag,
  summary: 'Invite somebody by e-mail address or username; an earlier invite of theirs is replaced.',
  method: 'POST',
  path: invites,
  authority,
  body: z.object({ email: z.string().nullish(), username: z.string().nullish(), role: z.string().nullish() }),
  response: z.object({
    invited: z.object({ email: z.string(), role: Role, organization: z.string(), token: Token }),
  }),
  errors: ['invite_recipient_invalid', 'role_invalid', 'user_not_found', 'member_exists', 'organization_personal'],
});

export const deleteOrganizationInviteByEmailV2 = operation({
  id: 'deleteOrganizationInviteByEmailV2',
  tag,
  summary: 'Take an invite back, by the address or username that it is for.',
  method: 'DELETE',
  path: `${invites}/{email}`,
  authority,
  response: NOTHING,
  errors: ['invite_not_found'],
});

// The token is in the body, because paths end up in logs.
export const joinByInvite = operation({
  id: 'joinByInvite',
  tag,
  summary: 'Take an invite with the account of this request.',
  method: 'POST',
  path: '/v2/invites/join',
  authority: UNRESTRICTED_CALLER,
  body: z.object({ token: z.string() }),
  response: z.object({ organization: z.string(), role: Role }),
  errors: ['invite_not_found', 'member_exists'],
});

/** What the page of an invite shows before it is taken. */
export const lookAtInvite = operation({
  id: 'lookAtInvite',
  tag,
  summary: 'What an invite is for.',
  method: 'POST',
  path: '/v2/invites/look',
  authority: PUBLIC,
  body: z.object({ token: z.string() }),
  response: z.object({
    organization: z.string(),
    role: Role,
    email: z.string(),
    username: z.string().nullable().describe('Set: for this account only.'),
  }),
  errors: ['invite_not_found', 'sign_in_too_often'],
});

export const signUpByInvite = operation({
  id: 'signUpByInvite',
  tag,
  summary:
    'Make an account by an invite; answers its first API token. With a password, the answer sets the session cookie.',
  method: 'POST',
  path: '/v2/invites/sign-up',
  authority: PUBLIC,
  body: z.object({ token: z.string(), username: z.string(), password: z.string().optional() }),
  response: z.object({ username: z.string(), organization: z.string(), role: Role, token: z.string() }),
  errors: ['invite_not_found', 'username_invalid', 'username_taken', 'password_too_weak', 'origin_refused'],
});
