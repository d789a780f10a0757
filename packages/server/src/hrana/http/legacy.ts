/**
 * `POST /`: the API from before Hrana, plain JSON values and one array of results. Source: sqld's `http/user/mod.rs`.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { StmtResult, Value } from '@skerry/hrana/shared/proto';
import { z } from 'zod';

import { SqlError } from '../../sql/statement.ts';
import { Stream } from '../stream.ts';
import { json } from './request.ts';
import type { Answer, HostRequest } from './request.ts';

const jsonValue = z.union([z.null(), z.boolean(), z.number(), z.string(), z.object({ base64: z.string() })]);
const statement = z.union([
  z.string().transform((q) => ({ q, params: [] as z.infer<typeof jsonValue>[] })),
  z.object({
    q: z.string(),
    params: z.union([z.array(jsonValue), z.record(z.string(), jsonValue)]).default([]),
  }),
]);
const requestBody = z.object({ statements: z.array(statement).max(100_000) });

export async function legacy(request: HostRequest): Promise<Answer> {
  const { statements } = parse(request.body);
  const stream = new Stream(request.services.databases, request.head.instance);
  request.onAbort(() => stream.close());
  const results: (object | null)[] = [];
  let hasFailed = false;
  try {
    for (const { q, params } of statements) {
      if (/^\s*(?:RELEASE|ROLLBACK\s+TO)\b/i.test(q)) {
        throw queryError('savepoints are not supported in HTTP API, use hrana protocol instead');
      }
      if (hasFailed) {
        results.push(null);
        continue;
      }
      try {
        results.push({ results: toLegacy(await run(stream, q, params, request)) });
      } catch (error) {
        if (!(error instanceof SqlError)) {
          throw error;
        }
        hasFailed = true;
        results.push({ error: error.message });
      }
    }
    if (!stream.isAutocommit) {
      throw queryError('interactive transaction not allowed in HTTP queries');
    }
    return json(JSON.stringify(results));
  } finally {
    stream.close();
  }
}

type Params = z.infer<typeof requestBody>['statements'][number]['params'];

async function run(stream: Stream, sql: string, params: Params, request: HostRequest): Promise<StmtResult> {
  const args = Array.isArray(params) ? params.map(toValue) : [];
  const namedArgs = Array.isArray(params)
    ? []
    : Object.entries(params).map(([name, value]) => ({ name, value: toValue(value) }));
  return await stream.execute({ source: { sql }, args, namedArgs, wantRows: true }, request.caller);
}

function parse(body: Buffer): z.infer<typeof requestBody> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (error) {
    throw new SkerryError('PROTOCOL_VIOLATED', { problem: 'the request body is not JSON' }, { cause: error });
  }
  const parsed = requestBody.safeParse(value);
  if (!parsed.success) {
    throw new SkerryError('PROTOCOL_VIOLATED', { problem: z.prettifyError(parsed.error) });
  }
  return parsed.data;
}

function toValue(value: z.infer<typeof jsonValue>): Value {
  if (typeof value === 'boolean') {
    return value ? 1n : 0n;
  }
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? BigInt(value) : value;
  }
  return typeof value === 'object' && value !== null ? Buffer.from(value.base64, 'base64') : value;
}

function toLegacy(result: StmtResult): object {
  return {
    columns: result.cols.map(({ name }) => name ?? ''),
    rows: result.rows.map((row) => row.map(toJson)),
    rows_read: result.rowsRead,
    rows_written: result.rowsWritten,
    query_duration_ms: result.queryDurationMs,
  };
}

/** Integers beyond 2^53 lose digits here, as they do in every client of this API. */
function toJson(value: Value): unknown {
  if (typeof value === 'bigint') {
    return Number(value);
  }
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64').replaceAll('=', '') } : value;
}

function queryError(problem: string): SkerryError {
  return new SkerryError('PROTOCOL_VIOLATED', { problem: `Query error: \`${problem}\`` });
}
