/**
 * What of a client's headers reaches an sqld server, and what of the server's reaches the client.
 *
 * sqld believes `x-namespace`, `x-namespace-bin`, its host name and, on its gRPC routes, `x-proxy-authorization`; so the
 * gateway says the first itself and never passes on what a client says. Everything is allowed by name.
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';

const FOR_SERVERS = [
  'content-type',
  'content-encoding',
  'accept',
  'accept-encoding',
  'grpc-encoding',
  'grpc-accept-encoding',
  'te',
  'x-grpc-web',
  // The session of a replication client (its `rpc/replication/replication_log.rs`).
  'x-session-token',
  'x-libsql-client-version',
] as const;

/** Everything else may be one of sqld's gRPC services, which read headers of their own. */
const SQL_PATH = /^\/($|v\d)/;

/** Of one connection only (RFC 9110 section 7.6.1), or said by the gateway itself. */
const NOT_FOR_CLIENTS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

/**
 * Names and values in turn, as the HTTP client takes them soonest.
 *
 * @param token undefined when the request needs no rights
 */
export function headersForServer(
  headers: IncomingHttpHeaders,
  path: string,
  databaseId: string,
  token: string | undefined,
): string[] {
  const isSql = SQL_PATH.test(path);
  const sent = isSql ? ['x-namespace', databaseId] : Object.entries(namespaceHeaders(databaseId)).flat();
  if (token !== undefined) {
    const bearer = `Bearer ${token}`;
    sent.push('authorization', bearer);
    if (!isSql) {
      // gRPC services read this one first.
      sent.push('x-authorization', bearer);
    }
  }
  for (const name of FOR_SERVERS) {
    const value = headers[name];
    if (typeof value === 'string') {
      sent.push(name, value);
    }
  }
  return sent;
}

/** sqld's SQL routes read the plain form, its gRPC services the binary one (base64 without padding). */
export function namespaceHeaders(databaseId: string): Record<string, string> {
  return {
    'x-namespace': databaseId,
    'x-namespace-bin': Buffer.from(databaseId).toString('base64').replace(/=+$/, ''),
  };
}

export function headersForClient(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const sent: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !NOT_FOR_CLIENTS.has(name) && !name.startsWith('access-control-')) {
      sent[name] = value;
    }
  }
  return sent;
}
