import * as operations from '@skerry/contract/operations/api-tokens';

import type { Router } from '../http/router.ts';
import type { ApiTokenService } from './service.ts';

export function apiTokenRoutes(router: Router, tokens: ApiTokenService): void {
  router.handle(operations.validateApiToken, ({ caller }) => ({
    exp: caller.expiresAtMs === null ? -1 : Math.floor(caller.expiresAtMs / 1000),
  }));
  router.handle(operations.listApiTokens, async ({ caller }) => ({ tokens: await tokens.list(caller) }));
  router.handle(
    operations.createApiToken,
    async ({ caller, params, body, actor }) => await tokens.create(caller, params.tokenName, body, actor),
  );
  router.handle(operations.createApiTokenV2, async ({ caller, params, body, actor }) => {
    const { id, name, token } = await tokens.create(caller, params.tokenName, body, actor);
    return { token: { id, name, value: token } };
  });
  router.handle(operations.revokeApiToken, async ({ caller, params, actor }) => {
    await tokens.revoke(caller, params.tokenName, actor);
    return { token: params.tokenName };
  });
  router.handle(operations.invalidateApiTokens, async ({ caller, actor }) => ({
    validFrom: await tokens.revokeAll(caller, actor),
  }));
}
