import { getLatestRelease } from '@skerry/contract/operations/releases';

import type { Router } from '../http/router.ts';

export function releaseRoutes(router: Router): void {
  router.handle(getLatestRelease, ({ header }) => ({ latest: header('tursocliversion') ?? 'v0.0.0' }));
}
