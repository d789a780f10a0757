/**
 * What is refused at the edge is refused at once, with words, and is nobody else's trouble.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import { apiOf, createDatabase, ORGANIZATION, type TestDatabase } from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

/** As docs/database-api.md says. */
const REQUESTS_PER_DATABASE = 1024;
const BODY_MAX_BYTES = 64 * 1024 * 1024;
const SELECT_1 = JSON.stringify({ requests: [{ type: 'execute', stmt: { sql: 'SELECT 1' } }, { type: 'close' }] });

let server: Skerry;
let busy: TestDatabase;
let other: TestDatabase;

beforeAll(async () => {
  server = await startSkerry();
  const api = apiOf(server);
  busy = await createDatabase(api, 'busy');
  other = await createDatabase(api, 'other');
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

async function pipeline({ name, token }: TestDatabase, body: string | Buffer = SELECT_1): Promise<Response> {
  return await fetch(`${server.url}/db/${ORGANIZATION}/${name}/v2/pipeline`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body,
  });
}

/** A request whose body is yet to come; resolves when the server has taken it up and asks for the body. */
async function openRequest({ name, token }: TestDatabase): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /db/${ORGANIZATION}/${name}/v2/pipeline HTTP/1.1\r\nhost: ${hostname}:${port}\r\n` +
      `authorization: Bearer ${token}\r\ncontent-length: ${SELECT_1.length}\r\nexpect: 100-continue\r\n\r\n`,
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toContain('100 Continue');
  return socket;
}

test('a database with too many requests on their way is refused more with 429, and another one is served', async () => {
  const open = await Promise.all(Array.from({ length: REQUESTS_PER_DATABASE }, async () => await openRequest(busy)));
  const refused = await pipeline(busy);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  expect((await pipeline(other)).status).toBe(200);
  const [first, ...rest] = open;
  first?.write(SELECT_1);
  const [answer] = first === undefined ? [] : ((await once(first, 'data')) as [Buffer]);
  expect(String(answer)).toContain('200 OK');
  expect((await pipeline(busy)).status).toBe(200);
  first?.destroy();
  for (const socket of rest) {
    socket.destroy();
  }
});

test('a body beyond its limit is refused with words, and the next request is served', async () => {
  const refused = await pipeline(busy, Buffer.alloc(BODY_MAX_BYTES + 1, ' '));
  expect(refused.status).toBe(413);
  expect(await refused.json()).toMatchObject({ code: 'REQUEST_TOO_LARGE' });
  expect((await pipeline(busy)).status).toBe(200);
});

function webSocket(protocols: string[], { name, token }: TestDatabase = busy): WebSocket {
  return new WebSocket(`${server.url.replace('http', 'ws')}/db/${ORGANIZATION}/${name}`, protocols, {
    headers: { authorization: `Bearer ${token}` },
  });
}

test('of the protocols that a WebSocket offers the best of ours is taken, and a refusal can be read', async () => {
  for (const [offered, taken] of [
    [['hrana1', 'hrana2', 'hrana3'], 'hrana3'],
    [['unknown', 'hrana2'], 'hrana2'],
    [[], ''],
  ] as const) {
    const socket = webSocket([...offered]);
    await once(socket, 'open');
    expect(socket.protocol).toBe(taken);
    socket.terminate();
  }
  const refused = webSocket(['unknown']);
  const [, answer] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage];
  expect(answer.statusCode).toBe(400);
  expect(await text(answer)).toMatch(/hrana3/);
});

test('a WebSocket answers pings, and what breaks the protocol is closed with a code and a reason', async () => {
  const socket = webSocket(['hrana2']);
  await once(socket, 'open');
  socket.ping('still there?');
  const [echo] = (await once(socket, 'pong')) as [Buffer];
  expect(String(echo)).toBe('still there?');
  socket.send('no JSON');
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  expect(code).toBe(1007);
  expect(String(reason)).not.toBe('');
  const again = webSocket(['hrana2']);
  await once(again, 'open');
  again.terminate();
});

test('a token in the address opens nothing, and is not in the output', async () => {
  for (const key of ['authToken', 'jwt', 'token']) {
    const address = `/db/${ORGANIZATION}/busy/v2/pipeline?${key}=${busy.token}`;
    const answer = await fetch(server.url + address, { method: 'POST', body: SELECT_1 });
    expect(answer.status).toBe(401);
    expect(JSON.stringify(await answer.json())).not.toContain(busy.token);
  }
  expect(server.output()).not.toContain(busy.token);
});

/** What the server answers to these bytes, until it has said all of one answer. */
async function exchange(bytes: string): Promise<{ readonly status: number; readonly body: string }> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  let answer = '';
  for await (const chunk of socket.setEncoding('latin1') as AsyncIterable<string>) {
    answer += chunk;
    const [head = '', body] = answer.split('\r\n\r\n', 2);
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    if (body !== undefined && length !== undefined && body.length >= Number(length)) {
      break;
    }
  }
  socket.destroy();
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  return { status: Number(head.split(' ')[1]), body };
}

test.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400, 'REQUEST_MALFORMED'],
  ['an unknown method', 'BREW / HTTP/1.1\r\nhost: localhost\r\n\r\n', 400, 'REQUEST_MALFORMED'],
  ['a length that is no number', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n', 400, 'REQUEST_MALFORMED'],
  [
    'headers that are too long',
    `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(60_000)}\r\n\r\n`,
    431,
    'HEADERS_TOO_LARGE',
  ],
  ['an address that is none', 'GET /v1/user HTTP/1.1\r\nhost: [::\r\n\r\n', 400, 'invalid_request'],
])('%s is refused with a code', async (_, bytes, status, code) => {
  const answer = await exchange(bytes);
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toMatchObject({ code });
});

test('a client that offers HTTP/2 is answered by HTTP/1.1, on the API and on a database', async () => {
  const offer = 'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n';
  const api = await exchange(
    `GET /v1/user HTTP/1.1\r\nhost: localhost\r\n${offer}authorization: Bearer ${server.apiToken}\r\n\r\n`,
  );
  expect(api.status).toBe(200);
  const database = await exchange(
    `POST /db/${ORGANIZATION}/${other.name}/v2/pipeline HTTP/1.1\r\nhost: localhost\r\n${offer}` +
      `authorization: Bearer ${other.token}\r\ncontent-length: ${SELECT_1.length}\r\n\r\n${SELECT_1}`,
  );
  expect(database.status).toBe(200);
});

async function sendForm(contentType: string, body: string): Promise<unknown> {
  const headers = { origin: server.url, 'content-type': contentType };
  const response = await fetch(`${server.url}/auth/cli`, { method: 'POST', headers, body });
  return [response.status, ((await response.json()) as { code: string }).code];
}

test('the form of a login that is no form, or too large, is a mistake of who sends it', async () => {
  expect(await sendForm('multipart/form-data', 'abc')).toEqual([400, 'invalid_request']);
  expect(await sendForm('application/x-www-form-urlencoded', 'x'.repeat(100_000))).toEqual([413, 'body_too_large']);
});
