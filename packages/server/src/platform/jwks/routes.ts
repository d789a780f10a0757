import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

import * as operations from '@skerry/contract/operations/jwks';

import { parse, readJsonObject } from '../http/body.ts';
import type { Router } from '../http/router.ts';
import type { JwksService } from './service.ts';

export function jwksRoutes(router: Router, jwks: JwksService): void {
  router.handle(operations.listJwks, async ({ organization }) => ({ jwks: await jwks.list(organization) }));
  router.handle(operations.saveJwks, async ({ organization, params, body, actor }) => {
    await jwks.save(organization, params.jwksName, body.jwks_url, actor);
    return {};
  });
  router.handle(operations.removeJwks, async ({ organization, params, actor }) => {
    await jwks.remove(organization, params.jwksName, actor);
    return {};
  });
  router.handle(operations.getJwksTemplate, async ({ organization, query, bodyStream }) => {
    const body = await readJsonObject({ body: Readable.toWeb(bodyStream()) as ReadableStream<Uint8Array> });
    const asked = parse(operations.JwksTemplateRequest, { ...query, ...body });
    return { template: await jwks.template(organization, asked) };
  });
}
