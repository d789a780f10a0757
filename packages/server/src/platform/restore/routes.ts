import { SkerryError } from '@skerry/contract/errors/catalogue';
import * as operations from '@skerry/contract/operations/restore';

import type { Router } from '../http/router.ts';

export function restoreRoutes(router: Router): void {
  router.handle(operations.listDeletedGroups, () => ({ groups: [], pagination: {} }));
  for (const operation of [operations.restoreGroup, operations.restoreDatabase]) {
    router.handle(operation, () => {
      throw new SkerryError('not_offered', { feature: 'restoring what was deleted' });
    });
  }
}
