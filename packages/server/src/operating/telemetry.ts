/**
 * Traces by OpenTelemetry. The SDK is large, so it is loaded only when the operator set the standard variables, which it
 * reads itself: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_EXPORTER`, `OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME` and so on.
 *
 * A request is one span, a child of the caller's when that sent a `traceparent`. Nothing secret is in it: neither headers
 * nor bodies nor the query of the address.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

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
  /** Sends what is still in memory. Never rejects: whoever collects may be gone. */
  stop(): Promise<void>;
}

export async function startTelemetry(): Promise<Telemetry> {
  const [{ NodeSDK }, { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/api'),
  ]);
  const sdk = new NodeSDK();
  sdk.start();
  const tracer = trace.getTracer('skerry');
  return {
    request(request, response, { target, path, databaseId, location }) {
      const method = request.method ?? 'GET';
      const parent = propagation.extract(ROOT_CONTEXT, request.headers);
      const attributes = {
        'http.request.method': method,
        'url.path': path,
        'skerry.target': target,
        ...(databaseId === undefined ? {} : { 'skerry.database.id': databaseId }),
        ...(location === undefined ? {} : { 'skerry.location': location }),
      };
      const span = tracer.startSpan(`${method} ${target}`, { kind: SpanKind.SERVER, attributes }, parent);
      // Also when the client goes away before the answer.
      response.once('close', () => {
        span.setAttribute('http.response.status_code', response.statusCode);
        if (response.statusCode >= 500 || !response.writableFinished) {
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end();
      });
    },
    stop: async () => await sdk.shutdown().catch(() => undefined),
  };
}
