/**
 * Hrana 1 over HTTP, `POST /v1/execute` and `/v1/batch`: one statement or batch on a stream of its own. The old Python
 * client speaks it. Source: sqld's `http/user/hrana_over_http_1.rs`, also for the statuses, except that a mistake in the
 * SQL is the client's (sqld answers 500).
 *
 * @module
 */
import {
  decodeBatchRequest,
  decodeExecuteRequest,
  encodeBatchResponse,
  encodeExecuteResponse,
} from '@skerry/hrana/http/json';

import { SqlError } from '../../sql/statement.ts';
import { runBatch } from '../batch.ts';
import { Stream } from '../stream.ts';
import { jsonError } from './codecs.ts';
import { json } from './request.ts';
import type { Answer, HostRequest } from './request.ts';

export async function execute(request: HostRequest): Promise<Answer> {
  const stmt = decodeExecuteRequest(request.body);
  return await onStream(request, async (stream) => encodeExecuteResponse(await stream.execute(stmt, request.caller)));
}

export async function batch(request: HostRequest): Promise<Answer> {
  const decoded = decodeBatchRequest(request.body);
  return await onStream(request, async (stream) =>
    encodeBatchResponse(await runBatch(stream, decoded, request.caller)),
  );
}

async function onStream(request: HostRequest, run: (stream: Stream) => Promise<string>): Promise<Answer> {
  const stream = new Stream(request.services.databases, request.head.instance);
  request.onAbort(() => stream.close());
  try {
    return json(await run(stream));
  } catch (error) {
    if (error instanceof SqlError) {
      return jsonError(statusOf(error), error);
    }
    throw error;
  } finally {
    stream.close();
  }
}

function statusOf({ code, kind }: SqlError): number {
  if (code === 'ARGS_BOTH_POSITIONAL_AND_NAMED') {
    return 501;
  }
  if (code === 'TRANSACTION_TIMEOUT' || code === 'TRANSACTION_BUSY') {
    return 503;
  }
  return kind === 'server' ? 500 : kind === 'forbidden' ? 403 : 400;
}
