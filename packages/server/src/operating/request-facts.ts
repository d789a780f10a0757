/**
 * What the log tells of a request: the id under which its client knows it, and its trace.
 *
 * The id is what the client sent in `x-request-id`, else one of ours; the answer has it too, as far as that has not begun.
 * It is made when it is first asked for: most requests of databases are answered without a word in the log.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { LogFacts } from './log.ts';
import type { Telemetry } from './telemetry.ts';

export const REQUEST_ID_HEADER = 'x-request-id';

export class RequestFacts {
  readonly #telemetry: Telemetry | undefined;

  constructor(telemetry: Telemetry | undefined) {
    this.#telemetry = telemetry;
  }

  /** The same for all of a request. */
  of(response: ServerResponse): LogFacts {
    let requestId = response.getHeader(REQUEST_ID_HEADER);
    if (typeof requestId !== 'string') {
      requestId = idOf(response.req);
      if (!response.headersSent) {
        response.setHeader(REQUEST_ID_HEADER, requestId);
      }
    }
    return { requestId, ...this.#telemetry?.traceOf(response.req) };
  }

  /** Another id each time: a WebSocket keeps what it got. */
  ofUpgrade(request: IncomingMessage): LogFacts {
    return { requestId: idOf(request), ...this.#telemetry?.traceOf(request) };
  }
}

function idOf(request: IncomingMessage): string {
  const given = request.headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : randomUUID();
}
