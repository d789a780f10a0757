import { z } from 'zod';

import { inOrganization, ROLES } from './authority.ts';
import { operation } from './operation.ts';

export const Member = z.object({ username: z.string(), role: z.enum(ROLES), email: z.string() }).meta({ id: 'Member' });

const members = '/v1/organizations/{organizationSlug}/members';
const member = '/v1/organizations/{organizationSlug}/members/{username}';
const tag = 'Members';

export const listOrganizationMembers = operation({
  id: 'listOrganizationMembers',
  tag,
  summary: 'Members of the organization.',
  method: 'GET',
  path: members,
  authority: inOrganization('viewer', null),
  response: z.object({ members: z.array(Member) }),
});

export const getOrganizationMember = operation({
  id: 'getOrganizationMember',
  tag,
  summary: 'One member.',
  method: 'GET',
  path: member,
  authority: inOrganization('viewer', null),
  response: z.object({ member: Member }),
  errors: ['member_not_found'],
});

const added = {
  tag,
  summary: 'Add somebody who has an account on this server.',
  method: 'POST',
  authority: inOrganization('admin', null),
  response: z.object({ member: z.string(), role: z.enum(ROLES) }),
  errors: ['user_not_found', 'member_exists', 'role_invalid', 'organization_personal'],
} as const;

export const addOrganizationMember = operation({
  ...added,
  id: 'addOrganizationMember',
  path: members,
  body: z.object({ username: z.string().nullish(), member: z.string().nullish(), role: z.string().nullish() }),
});

/** As the SDK calls it. */
export const addOrganizationMemberByName = operation({
  ...added,
  id: 'addOrganizationMemberByName',
  path: member,
  body: z.object({ role: z.string().nullish() }),
});

export const updateMemberRole = operation({
  id: 'updateMemberRole',
  tag,
  summary: 'Give a member another role.',
  method: 'PATCH',
  path: member,
  authority: { ...inOrganization('admin', null), refusal: 'member_update_forbidden' },
  body: z.object({ role: z.string() }),
  response: z.object({ member: Member }),
  errors: ['member_update_forbidden', 'user_not_found', 'role_invalid', 'owner_immutable'],
});

export const removeOrganizationMember = operation({
  id: 'removeOrganizationMember',
  tag,
  summary: 'Remove a member; members of any role may remove themselves.',
  method: 'DELETE',
  path: member,
  authority: { ...inOrganization('admin', null), selfParameter: 'username' },
  response: z.object({ member: z.string() }),
  errors: ['member_unknown', 'owner_immutable'],
});
