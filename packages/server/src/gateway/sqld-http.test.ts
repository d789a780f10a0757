/**
 * The relay to a server that is not ours: a plain HTTP server stands where sqld would, and says what it was sent.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { SqldServer } from '../placement/sqld/sqld-server.ts';
import type { DirectoryEntry } from '../platform/directory.ts';
import { relayHttp } from './sqld-http.ts';

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

let upstream: Server;
let gateway: Server;
let server: SqldServer;
let behaviour: Behaviour;

beforeEach(async () => {
  upstream = createServer((request, response) => {
    if (request.url === '/health') {
      response.end();
    } else if (request.headers.authorization === undefined) {
      // The gateway asks whether its server refuses strangers.
      response.writeHead(401).end();
    } else {
      behaviour(request, response);
    }
  });
  const { port } = await listen(upstream);
  server = new SqldServer({
    settings: { location: 'fra', description: '', url: `http://127.0.0.1:${port}`, adminUrl: undefined },
    role: 'primary',
    adminKey: undefined,
    probeMs: 60_000,
    log: pino({ level: 'silent' }),
    beforeUp: async () => await Promise.resolve(),
  });
  await server.start();
  gateway = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://gateway').pathname;
    const entry = { databaseId: 'db-1' } as DirectoryEntry;
    const instance = { instanceId: 'i', location: 'fra', role: 'primary' } as const;
    relayHttp(request, response, { kind: 'database', entry, instance, path }, server, 'gateway-token');
  });
  await listen(gateway);
});

afterEach(async () => {
  await server.stop();
  for (const one of [gateway, upstream]) {
    one.closeAllConnections();
    one.close();
  }
});

async function listen(one: Server): Promise<AddressInfo> {
  one.listen(0, '127.0.0.1');
  await once(one, 'listening');
  return one.address() as AddressInfo;
}

function url(path: string): string {
  return `http://127.0.0.1:${(gateway.address() as AddressInfo).port}${path}`;
}

test('the server gets the gateway’s word for namespace and rights, and nothing that the client says of them', async () => {
  let seen: IncomingMessage['headers'] = {};
  behaviour = (request, response) => {
    seen = request.headers;
    request.resume().on('end', () => response.end('{}'));
  };
  await fetch(url('/v2/pipeline'), {
    method: 'POST',
    body: '{}',
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer client',
      'x-authorization': 'Bearer client',
      'x-namespace': 'other',
      'x-namespace-bin': 'b3RoZXI',
      'x-proxy-authorization': '"FullAccess"',
      'x-session-token': 'kept',
      cookie: 'session=1',
    },
  });
  expect(seen).toMatchObject({
    authorization: 'Bearer gateway-token',
    'x-namespace': 'db-1',
    'x-session-token': 'kept',
    'content-type': 'application/json',
  });
  for (const name of ['x-authorization', 'x-namespace-bin', 'x-proxy-authorization', 'cookie']) {
    expect(Object.keys(seen)).not.toContain(name);
  }
});

test('a gRPC service is told namespace and rights in the headers that it reads, in the gateway’s words', async () => {
  let seen: IncomingMessage['headers'] = {};
  behaviour = (request, response) => {
    seen = request.headers;
    request.resume().on('end', () => response.end());
  };
  await fetch(url('/wal_log.ReplicationLog/Hello'), {
    method: 'POST',
    body: 'frame',
    headers: {
      'content-type': 'application/grpc-web',
      'x-authorization': 'Bearer client',
      'x-namespace-bin': 'b3RoZXI',
      'x-proxy-authorization': '"FullAccess"',
    },
  });
  expect(seen).toMatchObject({
    authorization: 'Bearer gateway-token',
    'x-authorization': 'Bearer gateway-token',
    'x-namespace': 'db-1',
    'x-namespace-bin': Buffer.from('db-1').toString('base64').replace(/=+$/, ''),
    'content-type': 'application/grpc-web',
  });
  expect(Object.keys(seen)).not.toContain('x-proxy-authorization');
});

test.each([10, 64 * 1024, 5_000_000])('a body of %i bytes arrives whole, and so does an answer', async (sizeBytes) => {
  behaviour = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      response.writeHead(201, { 'content-type': 'application/x-protobuf', 'content-length': body.length });
      response.end(body);
    });
  };
  const body = Buffer.alloc(sizeBytes, 'abcdefg');
  const response = await fetch(url('/v3-protobuf/pipeline?a=b'), { method: 'POST', body });
  expect(response.status).toBe(201);
  expect(response.headers.get('content-type')).toBe('application/x-protobuf');
  expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
});

test('each piece of a streamed answer is there before the next is written', async () => {
  const more = Promise.withResolvers<void>();
  behaviour = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('first\n');
    void more.promise.then(() => response.end('second\n'));
  };
  const response = await fetch(url('/v3/cursor'));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe('first\n');
  more.resolve();
  expect((await reader?.read())?.value).toBe('second\n');
});

test('a client that does not read makes the server wait', async () => {
  const written = { bytes: 0 };
  const blocked = Promise.withResolvers<void>();
  behaviour = (_request, response) => {
    const chunk = Buffer.alloc(1 << 20);
    response.writeHead(200);
    const fill = (): void => {
      while (written.bytes < 512 << 20) {
        written.bytes += chunk.length;
        if (!response.write(chunk)) {
          response.once('drain', fill);
          // Whoever is not read by its client is not drained: one turn later nothing has moved.
          setImmediate(() => blocked.resolve());
          return;
        }
      }
    };
    fill();
  };
  const controller = new AbortController();
  await fetch(url('/dump'), { signal: controller.signal });
  await blocked.promise;
  expect(written.bytes).toBeLessThan(256 << 20);
  controller.abort();
});

test('a client that goes away ends its request at the server', async () => {
  const gone = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  behaviour = (_request, response) => {
    response.once('close', () => gone.resolve());
    arrived.resolve();
  };
  const controller = new AbortController();
  const asked = fetch(url('/v2/pipeline'), { method: 'POST', body: '{}', signal: controller.signal });
  await arrived.promise;
  controller.abort();
  await expect(asked).rejects.toThrow(/abort/);
  await gone.promise;
});

test('a server that is lost before it answers is told with its location, and the request is not sent again', async () => {
  let asked = 0;
  behaviour = (request) => {
    asked += 1;
    request.socket.destroy();
  };
  const response = await fetch(url('/v2/pipeline'), { method: 'POST', body: '{}' });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({
    code: 'LOCATION_UNAVAILABLE',
    message: expect.stringContaining('location fra') as unknown,
  });
  expect(asked).toBe(1);
});

test('a server that says "not there" of a database while it makes room is asked again: nothing ran', async () => {
  const bodies: string[] = [];
  behaviour = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString());
      if (bodies.length < 4) {
        const isCompressed = bodies.length === 2;
        const head = { 'content-type': 'application/json', ...(isCompressed ? { 'content-encoding': 'gzip' } : {}) };
        const text = '{"error":"Namespace `db-1` doesn\'t exist"}';
        response.writeHead(404, head).end(isCompressed ? gzipSync(text) : text);
      } else {
        response.end('{"results":[]}');
      }
    });
  };
  const response = await fetch(url('/v2/pipeline'), { method: 'POST', body: '{"requests":[]}' });
  expect([response.status, await response.text()]).toEqual([200, '{"results":[]}']);
  expect(bodies).toEqual(Array.from({ length: 4 }, () => '{"requests":[]}'));
});

test('a server that never finds the database is believed in the end, and so is any other 404 at once', async () => {
  let asked = 0;
  let text = '{"error":"Namespace `db-1` doesn\'t exist"}';
  behaviour = (request, response) => {
    asked += 1;
    request.resume().on('end', () => response.writeHead(404, { 'content-type': 'application/json' }).end(text));
  };
  const missing = await fetch(url('/v2/pipeline'), { method: 'POST', body: '{}' });
  expect([missing.status, await missing.text()]).toEqual([404, text]);
  expect(asked).toBe(11);
  text = 'no such route';
  const other = await fetch(url('/v9/pipeline'), { method: 'POST', body: '{}' });
  expect([other.status, await other.text()]).toEqual([404, text]);
  expect(asked).toBe(12);
});

test('an answer that breaks off in the middle breaks off for the client too', async () => {
  behaviour = (_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half', () => response.socket?.destroy());
  };
  const response = await fetch(url('/v2/pipeline'), { method: 'POST', body: '{}' });
  await expect(response.text()).rejects.toThrow(/terminated|failed/);
});

test('a server that went away is down, refused without waiting, and served again when it is back', async () => {
  const { port } = upstream.address() as AddressInfo;
  upstream.closeAllConnections();
  upstream.close();
  await once(upstream, 'close');
  await server.probe();
  expect(server.isUp).toBe(false);
  expect((await fetch(url('/v2/pipeline'), { method: 'POST', body: '{}' })).status).toBe(503);
  behaviour = (_request, response) => response.end('{}');
  upstream.listen(port, '127.0.0.1');
  await once(upstream, 'listening');
  await server.probe();
  expect((await fetch(url('/v2/pipeline'), { method: 'POST', body: '{}' })).status).toBe(200);
});
