/**
 * Answers one HTTP request that the gateway relays: finds its route, runs it, and turns what it throws into an answer.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import { HranaDecodeError } from '@skerry/hrana/shared/errors';

import type { Channel } from '../../relay/channel.ts';
import { cutReason } from '../../relay/cut-answer.ts';
import type { HttpHead } from '../../relay/messages.ts';
import { SqlError } from '../../sql/statement.ts';
import { Revoked } from '../caller.ts';
import { jsonError, PROTOBUF } from './codecs.ts';
import { compressed, isSmall } from './compress.ts';
import { HostRequest } from './request.ts';
import type { Answer, HostServices } from './request.ts';
import { ROUTES } from './routes.ts';
import type { Handler, Route } from './routes.ts';
import { reply, send } from './send.ts';

/** To decode and compile what is larger takes its time. */
const QUICK_BODY_MAX_BYTES = 64 * 1024;

export class HttpServer {
  readonly #services: HostServices;
  readonly #exact = new Map<string, Route>();
  readonly #patterns: { readonly pattern: RegExp; readonly route: Route }[] = [];

  /** @param more routes of other parts, beside those of Hrana */
  constructor(services: HostServices, more: readonly Route[] = []) {
    this.#services = services;
    for (const route of [...ROUTES, ...more]) {
      const key = `${route.method} ${route.path}`;
      if (route.path.includes('*')) {
        this.#patterns.push({ pattern: new RegExp(`^${key.replaceAll('*', '[^/]+')}$`), route });
      } else {
        this.#exact.set(key, route);
      }
    }
  }

  /** `ended`: the body is whole. */
  open(channel: Channel, head: HttpHead, body: Buffer, ended: boolean): void {
    const route = this.#find(`${head.method} ${head.path}`);
    if (route?.streamsBody === true || ended) {
      const request = new HostRequest(head, body, ended, channel, this.#services);
      if (ended) {
        this.#services.inOrder.add(() => this.#answer(request, route));
      } else {
        // Its body is on the way: the handler has to listen before this returns.
        void this.#answer(request, route);
      }
      return;
    }
    const parts = [body];
    channel.handlers.onData = (bytes) => void parts.push(bytes);
    channel.handlers.onEnd = () => {
      const request = new HostRequest(head, Buffer.concat(parts), true, channel, this.#services);
      this.#services.inOrder.add(() => this.#answer(request, route));
    };
  }

  #find(key: string): Route | undefined {
    return this.#exact.get(key) ?? this.#patterns.find(({ pattern }) => pattern.test(key))?.route;
  }

  /** Undefined when it is answered. */
  #answer(request: HostRequest, route: Route | undefined): Promise<void> | undefined {
    if (request.isAborted) {
      return undefined;
    }
    try {
      const answer = this.#handle(request, route);
      if (answer === undefined) {
        decline(request.channel);
      } else if (request.shared !== undefined) {
        request.shared.then(
          (isCommitted) => this.#groupIsOver(request, route, answer, isCommitted),
          (error: unknown) => void finish(request, Promise.reject(error)),
        );
        return undefined;
      } else if (answer instanceof Promise || !isSmall(answer)) {
        return finish(request, answer);
      } else {
        reply(request.channel, answer);
      }
    } catch (error) {
      fail(request, error);
    }
    request.caller.budget.release();
    return undefined;
  }

  #groupIsOver(
    request: HostRequest,
    route: Route | undefined,
    answer: ReturnType<Handler>,
    isCommitted: boolean,
  ): void {
    if (isCommitted) {
      void finish(request, answer);
      return;
    }
    request.caller.budget.release();
    request.shared = undefined;
    request.isRepeated = true;
    this.#services.inOrder.add(() => this.#answer(request, route));
  }

  /** Undefined: it is another host's. */
  #handle(request: HostRequest, route: Route | undefined): ReturnType<Handler> | undefined {
    const { channel, head } = request;
    // Told before anything is done: what the gateway does not find here has not begun.
    request.caller.beforeWork(route?.isQuick === true && request.body.length < QUICK_BODY_MAX_BYTES);
    // What has begun once is left here.
    if (head.isMovable && !request.isRepeated && this.#services.cell.isRevoked(channel.id)) {
      return undefined;
    }
    if (route === undefined) {
      const { method, path } = head;
      throw new SkerryError('PATH_NOT_FOUND', { method, path, hint: hintFor(path) });
    }
    if (route.isOpen !== true) {
      request.checkRights();
      checkSettings(request);
    }
    return route.handle(request);
  }
}

async function finish(request: HostRequest, answering: ReturnType<Handler>): Promise<void> {
  try {
    const answer = await answering;
    if (answer !== undefined) {
      const sent = await compressed(answer, request.head.headers['accept-encoding']);
      request.hasReplied = true;
      await send(request.channel, sent);
    }
  } catch (error) {
    fail(request, error);
  } finally {
    request.caller.budget.release();
  }
}

/** The gateway has taken the request away, and may not know yet that it was in time. */
function decline(channel: Channel): void {
  channel.reply({ status: 0, headers: {}, declined: true });
}

/** People who know sqld look for its admin API here, others for Turso's Platform API. */
function hintFor(path: string): string {
  return /^\/v\d\/(?:namespaces|organizations|groups|databases|auth)\b/.test(path)
    ? '; databases are made with the Platform API, at the address of the server itself'
    : '';
}

function checkSettings({ head }: HostRequest): void {
  if (head.settings.awaitingUpload) {
    throw new SkerryError('AWAITING_UPLOAD');
  }
}

function fail(request: HostRequest, error: unknown): void {
  const { channel, head } = request;
  if (error instanceof Revoked) {
    decline(channel);
    return;
  }
  if (request.isAborted) {
    return;
  }
  const { status, headers, body } = toAnswer(request, error, head.path.startsWith('/v3-protobuf/'));
  if (request.hasReplied) {
    const isExpected = error instanceof SkerryError || error instanceof SqlError;
    channel.abort(cutReason(isExpected ? error : new SkerryError('internal')));
  } else {
    channel.reply({ status, headers }, body);
  }
}

function toAnswer({ channel, services }: HostRequest, error: unknown, isProtobuf: boolean): Answer {
  if (error instanceof HranaDecodeError) {
    const refusal = { code: 'PROTOCOL_VIOLATED', message: error.message };
    return isProtobuf ? PROTOBUF.error(400, refusal) : jsonError(400, refusal);
  }
  if (error instanceof SkerryError) {
    const { status, code } = error;
    // As sqld words it over HTTP (its `error.rs`).
    const message = status === 401 ? `Unauthorized: \`${error.message}\`` : error.message;
    return isProtobuf ? PROTOBUF.error(status, { code, message }) : jsonError(status, { code, message });
  }
  if (error instanceof SqlError) {
    return jsonError(error.kind === 'forbidden' ? 403 : error.kind === 'server' ? 500 : 400, error);
  }
  services.fault(channel.id, error);
  return jsonError(500, { code: 'internal', message: 'internal error' });
}
