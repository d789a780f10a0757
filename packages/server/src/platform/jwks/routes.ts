import { SkerryError } from '@skerry/contract/errors/catalogue';
import * as operations from '@skerry/contract/operations/jwks';

import type { Router } from '../http/router.ts';

export function jwksRoutes(router: Router): void {
  router.handle(operations.listJwks, () => ({ jwks: [] }));
  router.handle(operations.removeJwks, ({ params }) => {
    throw new SkerryError('jwks_not_found', { name: params.jwksName });
  });
  for (const operation of [operations.saveJwks, operations.getJwksTemplate]) {
    router.handle(operation, () => {
      throw new SkerryError('not_offered', { feature: 'tokens of other issuers (JWKS)' });
    });
  }
}
