/**
 * Traces and logs by OpenTelemetry. The SDK is large, so it is loaded only when the operator set the standard variables,
 * which it reads itself: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_EXPORTER`, `OTEL_LOGS_EXPORTER`, `OTEL_TRACES_SAMPLER`,
 * `OTEL_SERVICE_NAME` and so on.
 *
 * A request is one span, a child of the caller's when that sent a `traceparent`. Nothing secret is in it: neither headers
 * nor bodies nor the query of the address.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { SpanContext } from '@opentelemetry/api';
import type { DestinationStream } from 'pino';

import type { LogFacts } from './log.ts';

export interface SpanFacts {
  readonly target: 'database' | 'api';
  /** Below the database's address, or on the bare one; without a query. */
  readonly path: string;
  readonly databaseId?: string;
  readonly location?: string;
}

export interface Telemetry {
  /** Begins the request's span; it ends with the answer. */
  request(request: IncomingMessage, response: ServerResponse, facts: SpanFacts): void;
  /** The trace of a request: of the span that it has, or of its caller's. */
  traceOf(request: IncomingMessage): LogFacts;
  /** Takes the log's lines, as JSON. */
  readonly records: DestinationStream;
  /** Sends what is still in memory. Never rejects: whoever collects may be gone. */
  stop(): Promise<void>;
}

export async function startTelemetry(): Promise<Telemetry> {
  const [
    { NodeSDK },
    { isSpanContextValid, logs, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace },
    { toRecord },
  ] = await Promise.all([import('@opentelemetry/sdk-node'), import('@opentelemetry/api'), import('./log-records.ts')]);
  const sdk = new NodeSDK();
  sdk.start();
  const tracer = trace.getTracer('skerry');
  const logger = logs.getLogger('skerry');
  const spans = new WeakMap<IncomingMessage, SpanContext>();
  const callerOf = (request: IncomingMessage) => propagation.extract(ROOT_CONTEXT, request.headers);
  return {
    request(request, response, { target, path, databaseId, location }) {
      const method = request.method ?? 'GET';
      const attributes = {
        'http.request.method': method,
        'url.path': path,
        'skerry.target': target,
        ...(databaseId === undefined ? {} : { 'skerry.database.id': databaseId }),
        ...(location === undefined ? {} : { 'skerry.location': location }),
      };
      const span = tracer.startSpan(`${method} ${target}`, { kind: SpanKind.SERVER, attributes }, callerOf(request));
      spans.set(request, span.spanContext());
      // Also when the client goes away before the answer.
      response.once('close', () => {
        span.setAttribute('http.response.status_code', response.statusCode);
        if (response.statusCode >= 500 || !response.writableFinished) {
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end();
      });
    },
    traceOf(request) {
      const context = spans.get(request) ?? trace.getSpanContext(callerOf(request));
      return context !== undefined && isSpanContextValid(context)
        ? { traceId: context.traceId, spanId: context.spanId }
        : {};
    },
    records: {
      write(line) {
        const { traceId, spanId, ...record } = toRecord(line);
        const context =
          traceId === undefined || spanId === undefined
            ? ROOT_CONTEXT
            : trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 });
        logger.emit({ ...record, context });
      },
    },
    stop: async () => await sdk.shutdown().catch(() => undefined),
  };
}
