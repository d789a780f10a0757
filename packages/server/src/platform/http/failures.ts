/**
 * Errors as answers. Those of the catalogue are shown; anything else is a fault of ours, which the client learns only
 * the request id of.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Context } from 'hono';
import type { Logger } from 'pino';

import { isStoreAway, isUnkeepableText } from '../../store/failures.ts';
import { isReferenceViolation } from '../../store/violations.ts';

export function failureResponse(context: Context, thrown: unknown, requestId: string, log: Logger): Response {
  const error = ofStore(thrown);
  const { method, path } = context.req;
  // What is not offered is no fault that anybody could mend.
  if (error instanceof SkerryError && (error.status < 500 || error.status === 501)) {
    log.debug({ requestId, method, path, code: error.code, ...error.details }, error.message);
    if (error.status === 401) {
      context.header('www-authenticate', 'Bearer');
    }
    if (error.status === 429 && 'seconds' in error.fields) {
      context.header('retry-after', String(error.fields.seconds));
    }
    return context.json({ error: error.message, code: error.code }, error.status);
  }
  if (error instanceof SkerryError) {
    log.warn({ requestId, method, path, code: error.code, err: error, ...error.details }, error.message);
    return context.json({ error: error.message, code: error.code, request_id: requestId }, error.status);
  }
  log.error({ requestId, method, path, err: error }, 'request failed');
  const { message, code } = new SkerryError('internal');
  return context.json({ error: `${message} (request ${requestId})`, code, request_id: requestId }, 500);
}

function ofStore(error: unknown): unknown {
  if (error instanceof SkerryError) {
    return error;
  }
  if (isStoreAway(error)) {
    return new SkerryError('store_unavailable', undefined, { cause: error });
  }
  if (isReferenceViolation(error)) {
    return new SkerryError('gone_meanwhile', undefined, { cause: error });
  }
  return isUnkeepableText(error)
    ? new SkerryError('invalid_request', { problem: 'a text holds the character U+0000' }, { cause: error })
    : error;
}
