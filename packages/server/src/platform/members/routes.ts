import { SkerryError } from '@skerry/contract/errors/catalogue';
import * as operations from '@skerry/contract/operations/members';

import type { Router } from '../http/router.ts';
import type { MemberService } from './service.ts';

export function memberRoutes(router: Router, members: MemberService): void {
  router.handle(operations.listOrganizationMembers, async ({ organization }) => ({
    members: await members.list(organization),
  }));
  router.handle(operations.getOrganizationMember, async ({ organization, params }) => ({
    member: await members.get(organization, params.username),
  }));
  router.handle(operations.addOrganizationMember, async ({ organization, body, actor }) => {
    // The API documents `username`; the SDK calls it `member`.
    const username = body.username ?? body.member;
    if (username === null || username === undefined) {
      throw new SkerryError('invalid_request', { problem: 'username: is missing' });
    }
    return await members.add(organization, username, body.role, actor);
  });
  router.handle(
    operations.addOrganizationMemberByName,
    async ({ organization, params, body, actor }) => await members.add(organization, params.username, body.role, actor),
  );
  router.handle(operations.updateMemberRole, async ({ organization, params, body, actor }) => ({
    member: await members.changeRole(organization, params.username, body.role, actor),
  }));
  router.handle(operations.removeOrganizationMember, async ({ organization, caller, params, actor }) => {
    await members.remove(organization, caller, params.username, actor);
    return { member: params.username };
  });
}
