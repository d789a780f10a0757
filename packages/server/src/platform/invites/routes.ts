import * as operations from '@skerry/contract/operations/invites';

import type { Router } from '../http/router.ts';
import type { Attempts } from '../sessions/attempts.ts';
import type { SessionService } from '../sessions/service.ts';
import type { InviteRow, InviteService } from './service.ts';

export function inviteRoutes(
  router: Router,
  invites: InviteService,
  sessions: SessionService,
  attempts: Attempts,
): void {
  router.handle(operations.listOrganizationInvites, async ({ organization }) => ({
    invites: (await invites.list(organization)).map(shownV1),
  }));
  router.handle(operations.inviteOrganizationMember, async ({ organization, body, actor }) => {
    const { invite, token } = await invites.create(organization, { email: body.email }, body.role, actor);
    return { invited: { ...shownV1(invite), Token: token } };
  });
  router.handle(operations.deleteOrganizationInvite, async ({ organization, params, actor }) => {
    await invites.delete(organization, params.email, actor);
    return {};
  });
  router.handle(operations.listOrganizationInvitesV2, async ({ organization }) => ({
    invites: (await invites.list(organization)).map(({ id, email, role, created_at_ms: createdAtMs }) => ({
      id,
      email,
      role,
      created_at: new Date(createdAtMs).toISOString(),
    })),
  }));
  router.handle(operations.inviteOrganizationMemberV2, async ({ organization, body, actor }) => {
    const { invite, token } = await invites.create(organization, body, body.role, actor);
    return { invited: { email: invite.email, role: invite.role, organization: organization.slug, token } };
  });
  router.handle(operations.deleteOrganizationInviteByEmailV2, async ({ organization, params, actor }) => {
    await invites.delete(organization, params.email, actor);
    return {};
  });
  router.handle(operations.joinByInvite, async ({ caller, body, actor }) => {
    const { slug, role } = await invites.join(caller, body.token, actor);
    return { organization: slug, role };
  });
  router.handle(operations.lookAtInvite, async ({ body, visitor }) => {
    const { slug, role, email, username } = await attempts.count(
      visitor.address,
      undefined,
      async () => await invites.look(body.token),
    );
    return { organization: slug, role, email, username };
  });
  router.handle(operations.signUpByInvite, async ({ body, actor, visitor, keepSession, refuseOtherOrigins }) => {
    refuseOtherOrigins();
    const { username, password } = body;
    const { slug, role, apiToken, userId } = await invites.signUp(body.token, { username, password }, actor.origin);
    if (password !== undefined) {
      keepSession(await sessions.begin({ userId, method: 'link' }, visitor));
    }
    return { username, organization: slug, role, token: apiToken };
  });
}

function shownV1({ id, email, role, created_at_ms: createdAtMs }: InviteRow) {
  const createdAt = new Date(createdAtMs).toISOString();
  return {
    ID: id,
    CreatedAt: createdAt,
    UpdatedAt: createdAt,
    DeletedAt: null,
    Role: role,
    Email: email,
    Accepted: false,
  };
}
