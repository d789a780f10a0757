import { uploadDump } from '@skerry/contract/operations/database-changes';

import type { Router } from '../http/router.ts';
import type { DumpService } from './service.ts';

export function dumpRoutes(router: Router, dumps: DumpService): void {
  router.handle(uploadDump, async ({ organization, header, bodyStream }) => ({
    dump_url: await dumps.upload(organization, header('content-type') ?? '', bodyStream()),
  }));
}
