/**
 * Binds operations to their handlers; the only file that knows both Hono and the contract. For every request: who is
 * it, may they, what do they want, is that sound; then one handler, then its answer.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Authority } from '@skerry/contract/operations/authority';
import type { Operation } from '@skerry/contract/operations/operation';
import { pathsOf } from '@skerry/contract/operations/paths';
import { type Context, Hono } from 'hono';
import { getPath } from 'hono/utils/url';
import type { Logger } from 'pino';
import type { z } from 'zod';

import { refuseOtherOrigins, sessionCookie } from '../sessions/cookie.ts';
import type { NewSession } from '../sessions/service.ts';
import { parse, readJsonObject } from './body.ts';
import { eventStream } from './event-stream.ts';
import { factsOf, visitorOf, writtenByGateway } from './facts.ts';
import { failureResponse } from './failures.ts';
import { type Gate, PERSONAL_SLUG } from './gate.ts';
import type { ApiRequest, Caller, OrganizationAccess } from './request.ts';

const REQUEST_ID_HEADER = 'x-request-id';
/** With an empty organization setting Turso's CLI asks for `/v1/organizations//members`: its own is meant. */
const NO_ORGANIZATION = '/organizations//';

export type Handler<
  Path extends string,
  Who extends Authority,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
> = (request: ApiRequest<Path, Who, Query, Body>) => Promise<z.input<Response>> | z.input<Response>;

export class Router {
  readonly app = new Hono({
    getPath: (request) => getPath(request).replace(NO_ORGANIZATION, `/organizations/${PERSONAL_SLUG}/`),
  });
  readonly #gate: Gate;
  readonly #onChange: () => void;
  readonly #now: () => number;

  /** @param onChange called after each operation that may have changed something */
  constructor(gate: Gate, now: () => number, log: Logger, onChange: () => void) {
    this.#onChange = onChange;
    this.#gate = gate;
    this.#now = now;
    this.app.notFound((context) => {
      const { method, path } = context.req;
      const error = new SkerryError('route_not_found', { method, path, hint: hintFor(path) });
      return failureResponse(context, error, requestIdOf(context), log);
    });
    this.app.onError((error, context) => failureResponse(context, error, requestIdOf(context), log));
  }

  handle<
    Path extends string,
    Who extends Authority,
    Query extends z.ZodType,
    Body extends z.ZodType,
    Response extends z.ZodType,
  >(operation: Operation<Path, Who, Query, Body, Response>, handler: Handler<Path, Who, Query, Body, Response>): void {
    for (const { path, byId } of pathsOf(operation)) {
      this.app.on(operation.method, path.replaceAll(/\{(\w+)\}/g, ':$1'), async (context) => {
        context.header(REQUEST_ID_HEADER, requestIdOf(context));
        const request = await this.#check(operation, context, byId);
        const answer = await handler(request);
        if (operation.method !== 'GET') {
          this.#onChange();
        }
        return context.json(answer as object);
      });
    }
  }

  /**
   * An operation whose answer goes on, as server-sent events. Whoever listens is checked again with every batch, so that
   * the answer ends with the token, the session or the membership.
   */
  stream<
    Path extends string,
    Who extends Authority,
    Query extends z.ZodType,
    Body extends z.ZodType,
    Response extends z.ZodType,
  >(
    operation: Operation<Path, Who, Query, Body, Response>,
    event: string,
    handler: (request: ApiRequest<Path, Who, Query, Body>, signal: AbortSignal) => AsyncIterable<z.input<Response>[]>,
  ): void {
    for (const { path, byId } of pathsOf(operation)) {
      this.app.on(operation.method, path.replaceAll(/\{(\w+)\}/g, ':$1'), async (context) => {
        const gone = new AbortController();
        const batches = handler(await this.#check(operation, context, byId), gone.signal);
        const checked = async function* (check: () => Promise<unknown>) {
          for await (const batch of batches) {
            await check();
            yield batch as object[];
          }
        };
        const answer = checked(async () => await this.#check(operation, context, byId));
        return eventStream(event, answer, () => gone.abort());
      });
    }
  }

  #cookieOf(session: NewSession | null, origin: string): string {
    const leftMs = session === null ? 0 : session.row.expires_at_ms - this.#now();
    return sessionCookie(session?.secret, leftMs, origin.startsWith('https:'));
  }

  async #check(operation: Operation, context: Context, byId: boolean): Promise<ApiRequest> {
    const { authority } = operation;
    const facts = factsOf(context);
    let params: Readonly<Record<string, string>> = context.req.param();
    let caller: Caller | undefined;
    let organization: OrganizationAccess | undefined;
    if (authority.kind !== 'public') {
      caller = await this.#gate.authenticate(facts);
      organization = await this.#gate.authorize(caller, authority, params);
      if (organization !== undefined) {
        params = await this.#gate.resolveThings(organization, params, byId);
      }
    }
    const query = parse(operation.query, context.req.query());
    const body = parse(operation.body, operation.hasBody ? await readJsonObject(context.req.raw) : {});
    return {
      params,
      query,
      body,
      byId,
      caller: caller as Caller,
      organization: organization as OrganizationAccess,
      actor: {
        username: caller?.username ?? '',
        origin: context.req.header('user-agent')?.startsWith('turso-cli/') === true ? 'cli' : 'web',
      },
      bodyStream: () => streamOf(context),
      visitor: visitorOf(context),
      header: facts.header,
      keepSession: (session) => context.header('set-cookie', this.#cookieOf(session, facts.origin)),
      refuseOtherOrigins: () => refuseOtherOrigins(facts),
    };
  }
}

/** Of a base URL without its closing slash, `new URL` drops the last part: many a client does. */
function hintFor(path: string): string {
  return /^\/(?:organizations|databases|groups|auth|locations)\b/.test(path)
    ? '; the paths of this API begin with /v1/: does the base URL end with a slash?'
    : '';
}

function streamOf(context: Context): Readable {
  const { body, method } = context.req.raw;
  if (body !== null) {
    return Readable.fromWeb(body);
  }
  // A web request of this method has no body, whatever came; the CLI sends one.
  const { incoming } = (context.env ?? {}) as { incoming?: Readable };
  return method === 'GET' && incoming !== undefined ? incoming : Readable.from([]);
}

/** The gateway's id of the request where it gives one, else a new one; the same for all of a request. */
function requestIdOf(context: Context): string {
  const known: unknown = context.get('requestId');
  if (typeof known === 'string') {
    return known;
  }
  const given = writtenByGateway(context, REQUEST_ID_HEADER) ?? context.req.header(REQUEST_ID_HEADER);
  const requestId = given !== undefined && /^[\w-]{1,64}$/.test(given) ? given : randomUUID();
  context.set('requestId', requestId);
  return requestId;
}
