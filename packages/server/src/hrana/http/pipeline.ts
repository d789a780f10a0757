/**
 * `POST /v2/pipeline`, `/v3/pipeline`, `/v3-protobuf/pipeline`: requests on one stream, one after another.
 *
 * @module
 */
import type { StreamRequest, StreamResponse, StreamResult } from '@skerry/hrana/http/proto';

import { runBatch } from '../batch.ts';
import { toHranaError } from '../stream.ts';
import type { Caller, Stream } from '../stream.ts';
import { Turns } from '../turns.ts';
import type { HttpCodec } from './codecs.ts';
import type { Answer, HostRequest } from './request.ts';

export async function pipeline(request: HostRequest, codec: HttpCodec): Promise<Answer> {
  const { baton, requests } = codec.decodePipeline(request.body);
  const taken = request.services.streams.take(baton, request.head.instance);
  const { stream } = taken;
  request.onAbort(() => taken.close());
  try {
    const results = await stream.use(async () => await runAll(stream, requests, request.caller));
    const answer = codec.encodePipeline({ baton: taken.giveBack(), baseUrl: null, results });
    return { status: 200, headers: { 'content-type': codec.pipelineType }, body: answer };
  } catch (error) {
    taken.close();
    throw error;
  }
}

const RUNS_SQL: ReadonlySet<StreamRequest['type']> = new Set(['execute', 'batch', 'sequence', 'describe']);

async function runAll(stream: Stream, requests: readonly StreamRequest[], caller: Caller): Promise<StreamResult[]> {
  const results: StreamResult[] = [];
  const turns = new Turns();
  for (const request of requests) {
    if (RUNS_SQL.has(request.type)) {
      await turns.offer();
    }
    results.push(await runOne(stream, request, caller));
  }
  return results;
}

async function runOne(stream: Stream, request: StreamRequest, caller: Caller): Promise<StreamResult> {
  try {
    return { type: 'ok', response: await respond(stream, request, caller) };
  } catch (error) {
    if (stream.ended !== undefined) {
      // The stream went away under the request: the request fails as a whole.
      throw error;
    }
    return { type: 'error', error: toHranaError(error) };
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
