/**
 * `POST /v2/pipeline`, `/v3/pipeline`, `/v3-protobuf/pipeline`: requests on one stream, one after another.
 *
 * @module
 */
import type { StreamRequest, StreamResponse, StreamResult } from '@skerry/hrana/http/proto';

import { SqlError } from '../../sql/statement.ts';
import { runBatch } from '../batch.ts';
import type { Taken } from '../stream-store.ts';
import { toHranaError } from '../stream.ts';
import type { Caller, Stream } from '../stream.ts';
import { Turns } from '../turns.ts';
import type { HttpCodec } from './codecs.ts';
import type { Answer, HostRequest } from './request.ts';

export function pipeline(request: HostRequest, codec: HttpCodec): Answer | Promise<Answer> {
  const { baton, requests } = codec.decodePipeline(request.body);
  const taken = request.services.streams.take(baton, request.head.instance);
  const { stream } = taken;
  closeOnAbort(request, taken);
  const results: StreamResult[] = [];
  try {
    if (baton === null && !request.isRepeated) {
      shareWrite(stream, requests, results, request);
    }
    runNow(stream, requests, results, request.caller);
    if (results.length === requests.length && stream.mayAnswer) {
      stream.used();
      return answer(taken, results, codec);
    }
  } catch (error) {
    taken.close();
    throw error;
  }
  return answerLater(taken, requests, results, request.caller, codec);
}

/** Not a closure in `pipeline`: with one there, what waits for the client to go away would hold the results for as long. */
async function answerLater(
  taken: Taken,
  requests: readonly StreamRequest[],
  results: StreamResult[],
  caller: Caller,
  codec: HttpCodec,
): Promise<Answer> {
  await runRest(taken, requests, results, caller);
  return answer(taken, results, codec);
}

/** A function of its own, so that what listens does not hold the results until the exchange is over. */
function closeOnAbort(request: HostRequest, taken: Taken): void {
  request.onAbort(() => taken.close());
}

function answer(taken: Taken, results: StreamResult[], codec: HttpCodec): Answer {
  const body = codec.encodePipeline({ baton: taken.giveBack(), baseUrl: null, results });
  return { status: 200, headers: { 'content-type': codec.pipelineType }, body };
}

/** A stream that lives for one statement, as clients send it, may have that in one transaction with others. */
function shareWrite(
  stream: Stream,
  [first, second, ...others]: readonly StreamRequest[],
  results: StreamResult[],
  request: HostRequest,
): void {
  if (first?.type !== 'execute' || second?.type !== 'close' || others.length > 0) {
    return;
  }
  const shared = stream.executeShared(first.stmt, request.caller);
  if (shared !== undefined) {
    request.shared = shared.over;
    const { outcome } = shared;
    results.push(
      outcome instanceof SqlError
        ? { type: 'error', error: toHranaError(outcome) }
        : { type: 'ok', response: { type: 'execute', result: outcome } },
    );
  }
}

const RUNS_SQL: ReadonlySet<StreamRequest['type']> = new Set(['execute', 'batch', 'sequence', 'describe']);

/** As many of the requests as can be done one after another without waiting, which mostly are all. */
function runNow(stream: Stream, requests: readonly StreamRequest[], results: StreamResult[], caller: Caller): void {
  const turns = new Turns();
  for (const request of requests.slice(results.length)) {
    const result = RUNS_SQL.has(request.type) && turns.areDue ? undefined : oneNow(stream, request, caller);
    if (result === undefined) {
      return;
    }
    results.push(result);
  }
}

/** The others. */
async function runRest(
  taken: Taken,
  requests: readonly StreamRequest[],
  results: StreamResult[],
  caller: Caller,
): Promise<void> {
  const { stream } = taken;
  try {
    await stream.use(async () => {
      const turns = new Turns();
      for (const request of requests.slice(results.length)) {
        if (RUNS_SQL.has(request.type)) {
          await turns.offer();
        }
        results.push(oneNow(stream, request, caller) ?? (await one(stream, request, caller)));
      }
    });
  } catch (error) {
    taken.close();
    throw error;
  }
}

function oneNow(stream: Stream, request: StreamRequest, caller: Caller): StreamResult | undefined {
  try {
    const response = respondNow(stream, request, caller);
    return response && { type: 'ok', response };
  } catch (error) {
    return failed(stream, error);
  }
}

async function one(stream: Stream, request: StreamRequest, caller: Caller): Promise<StreamResult> {
  try {
    return { type: 'ok', response: await respond(stream, request, caller) };
  } catch (error) {
    return failed(stream, error);
  }
}

function failed(stream: Stream, error: unknown): StreamResult {
  if (stream.ended !== undefined) {
    // The stream went away under the request: the request fails as a whole.
    throw error;
  }
  return { type: 'error', error: toHranaError(error) };
}

/** Undefined, and nothing has happened, when something is to be waited for. */
function respondNow(stream: Stream, request: StreamRequest, caller: Caller): StreamResponse | undefined {
  switch (request.type) {
    case 'execute': {
      const result = stream.executeNow(request.stmt, caller);
      return result && { type: 'execute', result };
    }
    case 'batch':
    case 'sequence':
      return undefined;
    case 'describe':
      return { type: 'describe', result: stream.describe(request.source, caller) };
    case 'store_sql':
      stream.storedSql.store(request.sqlId, request.sql);
      return { type: 'store_sql' };
    case 'close_sql':
      stream.storedSql.close(request.sqlId);
      return { type: 'close_sql' };
    case 'get_autocommit':
      return { type: 'get_autocommit', isAutocommit: stream.isAutocommit };
    case 'close':
      stream.close();
      return { type: 'close' };
  }
}

async function respond(stream: Stream, request: StreamRequest, caller: Caller): Promise<StreamResponse> {
  switch (request.type) {
    case 'execute':
      return { type: 'execute', result: await stream.execute(request.stmt, caller) };
    case 'batch':
      return { type: 'batch', result: await runBatch(stream, request.batch, caller) };
    case 'sequence':
      await stream.sequence(request.source, caller);
      return { type: 'sequence' };
    case 'describe':
    case 'store_sql':
    case 'close_sql':
    case 'get_autocommit':
    case 'close':
      throw new Error(`${request.type} waits for nothing`);
  }
}
