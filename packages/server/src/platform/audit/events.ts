import { listenToEvents } from '@skerry/contract/operations/events';

import type { Router } from '../http/router.ts';
import { knownCode } from './codes.ts';
import type { AuditNews } from './news.ts';

export function eventRoutes(router: Router, news: AuditNews): void {
  router.stream(listenToEvents, 'change', async function* ({ organization }, signal) {
    for await (const entries of news.follow(organization.id, signal)) {
      yield entries.map(({ code, createdAtMs }) => ({
        code: knownCode(code),
        created_at: new Date(createdAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
      }));
    }
  });
}
