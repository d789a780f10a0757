import { SkerryError } from '@skerry/contract/errors/catalogue';
import { ROLES } from '@skerry/contract/operations/authority';
import * as operations from '@skerry/contract/operations/organization-api-tokens';

import { recordAudit } from '../audit/store.ts';
import type { Caller, OrganizationAccess } from '../http/request.ts';
import type { Router } from '../http/router.ts';
import { shortId } from '../ids.ts';
import type { Parts } from '../parts.ts';
import { shownApiToken } from './service.ts';
import { type ApiTokenRow, listApiTokenRows } from './store.ts';

/** Tokens that are restricted to an organization, as that organization sees them. */
export function organizationApiTokenRoutes(router: Router, { db, now }: Pick<Parts, 'db' | 'now'>): void {
  async function visible(organization: OrganizationAccess, caller: Caller): Promise<ApiTokenRow[]> {
    const isAdmin = ROLES.indexOf(organization.role) >= ROLES.indexOf('admin');
    return await listApiTokenRows(db, {
      organizationId: organization.id,
      ...(isAdmin ? {} : { userId: caller.userId }),
    });
  }

  router.handle(operations.listOrganizationApiTokens, async ({ organization, caller }) => {
    const rows = await visible(organization, caller);
    const tokens = [];
    for (const row of rows) {
      tokens.push({ ...shownApiToken(row), owner: { username: row.username, email: row.email } });
    }
    return { tokens };
  });

  router.handle(operations.revokeOrganizationApiToken, async ({ organization, caller, params, actor }) => {
    const rows = await visible(organization, caller);
    const row = rows.find(({ id }) => shortId(id) === params.tokenId);
    if (row === undefined) {
      throw new SkerryError('api_token_not_found', { token: params.tokenId });
    }
    await db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('api_tokens').where('id', '=', row.id).execute();
      await recordAudit(transaction, {
        organizationId: organization.id,
        actor,
        code: 'user-token-revoke',
        message: `API token ${row.name} of ${row.username} revoked`,
        data: { token: row.name, id: params.tokenId, owner: row.username },
        nowMs: now(),
      });
    });
    return { token: params.tokenId };
  });
}
