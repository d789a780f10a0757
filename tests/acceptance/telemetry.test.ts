/**
 * Traces and logs, as a collector of OpenTelemetry receives them over HTTP, and the log on standard error.
 */
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import { expect, test } from 'vitest';

import { apiOf, createDatabase } from './support/clients.ts';
import { startSkerry } from './support/skerry.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const ENDLESS = 'WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

interface OtlpRecord {
  readonly traceId?: string;
  readonly severityText: string;
  readonly body: { readonly stringValue: string };
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

interface LogsBody {
  readonly resourceLogs: readonly { readonly scopeLogs: readonly { readonly logRecords: readonly OtlpRecord[] }[] }[];
}

/** Takes what is sent to it, by its path. */
class Collector implements AsyncDisposable {
  readonly #bodies: { readonly path: string; readonly body: string }[] = [];
  readonly #server = createServer((incoming, answer) => {
    let body = '';
    incoming.setEncoding('utf8');
    incoming
      .on('data', (chunk: string) => (body += chunk))
      .on('end', () => {
        this.#bodies.push({ path: incoming.url ?? '', body });
        answer.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
  });

  async listen(): Promise<Record<string, string>> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
  }

  told(where: string): string {
    return this.#bodies
      .filter(({ path: asked }) => asked === where)
      .map(({ body }) => body)
      .join('\n');
  }

  records(): { traceId: string | undefined; severity: string; text: string; facts: Record<string, unknown> }[] {
    return this.#bodies
      .filter(({ path: asked }) => asked === '/v1/logs')
      .flatMap(({ body }) => (JSON.parse(body) as LogsBody).resourceLogs)
      .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
      .map(({ traceId, severityText, body, attributes }) => ({
        traceId,
        severity: severityText,
        text: body.stringValue,
        facts: Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue])),
      }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** What the server wrote as JSON. */
function linesOf(output: string): Record<string, unknown>[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a request is a span of the caller’s trace, and nothing secret is in it', async () => {
  await using collector = new Collector();
  const environment = await collector.listen();
  let token = '';
  {
    await using traced = await startSkerry({ environment });
    ({ token } = await createDatabase(apiOf(traced), 'traced'));
    await fetch(`${traced.url}/db/skerry/traced/v2/pipeline?secret=1`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, traceparent: TRACEPARENT },
      body: JSON.stringify({ requests: [] }),
    });
  }
  // What is in memory is sent at the end.
  const told = collector.told('/v1/traces');
  expect(told).toContain(TRACE_ID);
  expect(told).toContain('POST database');
  expect(told).toContain('/v2/pipeline');
  expect(told).not.toContain(token);
  expect(told).not.toContain('secret=1');
});

test('a line of the log that belongs to a request tells its id and its trace, to a collector as well', async () => {
  await using collector = new Collector();
  const environment = await collector.listen();
  let apiToken = '';
  let output = '';
  {
    await using server = await startSkerry({
      environment,
      args: ['--log-format', 'json', '--log-level', 'debug', '--statement-timeout', '2s'],
    });
    ({ apiToken } = server);
    const { token } = await createDatabase(apiOf(server), 'slow');
    const missing = await fetch(`${server.url}/v1/organizations/skerry/databases/missing`, {
      headers: { authorization: `Bearer ${apiToken}`, traceparent: TRACEPARENT, 'x-request-id': 'of-the-api' },
    });
    expect(missing.headers.get('x-request-id')).toBe('of-the-api');
    const slow = await fetch(`${server.url}/db/skerry/slow/v2/pipeline`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, traceparent: TRACEPARENT, 'x-request-id': 'of-a-database' },
      body: JSON.stringify({ requests: [{ type: 'execute', stmt: { sql: ENDLESS } }] }),
    });
    expect(slow.headers.get('x-request-id')).toBe('of-a-database');
    await server.stop();
    output = server.output();
  }
  const requests = [
    { requestId: 'of-the-api', severity: 'DEBUG', code: 'database_not_found' },
    { requestId: 'of-a-database', severity: 'WARN', code: 'STATEMENT_TIMEOUT' },
  ];
  for (const { requestId, severity, code } of requests) {
    const line = linesOf(output).find((one) => one['requestId'] === requestId);
    expect(line).toMatchObject({ traceId: TRACE_ID, code });
    const record = collector.records().find(({ facts }) => facts['requestId'] === requestId);
    expect(record).toMatchObject({ traceId: TRACE_ID, severity, text: line?.['msg'], facts: { code } });
  }
  expect(collector.told('/v1/logs')).not.toContain(apiToken);
});

test('what fails inside a host is in the log under the id that its client got, and the client learns no more', async () => {
  await using server = await startSkerry({ args: ['--log-format', 'json'] });
  const { token } = await createDatabase(apiOf(server), 'broken');
  const shown = await fetch(`${server.url}/v1/organizations/skerry/databases/broken`, {
    headers: { authorization: `Bearer ${server.apiToken}` },
  });
  const { database } = (await shown.json()) as { database: { DbId: string } };
  const folder = path.join(server.dataDir, 'databases', database.DbId.slice(-2), database.DbId);
  rmSync(folder, { recursive: true });
  mkdirSync(path.join(folder, 'primary.db'), { recursive: true });
  // Of embedded replicas: it reads the page log, which finds a folder where its file ought to be.
  const answer = await fetch(`${server.url}/db/skerry/broken/info`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(500);
  expect(await answer.json()).toEqual({ message: 'internal error', code: 'internal', error: 'internal error' });
  const line = linesOf(server.output()).find(({ msg }) => msg === 'a request failed in its host');
  expect(line).toMatchObject({ requestId: answer.headers.get('x-request-id'), databaseId: database.DbId });
  expect(line?.['fault']).toContain('at new PageLog');
});
