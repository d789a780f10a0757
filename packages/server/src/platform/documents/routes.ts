import { openApiDocument } from '@skerry/contract/openapi';
import { getOpenApiDocument } from '@skerry/contract/operations/documents';

import manifest from '../../../package.json' with { type: 'json' };
import type { Router } from '../http/router.ts';

export function documentRoutes(router: Router): void {
  let document: ReturnType<typeof openApiDocument> | undefined;
  router.handle(getOpenApiDocument, () => {
    document ??= openApiDocument(manifest.version);
    return document;
  });
}
