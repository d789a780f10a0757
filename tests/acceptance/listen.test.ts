/**
 * `/beta/listen` from outside: what is committed is told for as long as its client may hear it, and no longer.
 */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { type Api, apiOf, createDatabase, httpClient, ORGANIZATION, socketClient } from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

let server: Skerry;
let api: Api;

beforeAll(async () => {
  server = await startSkerry();
  api = apiOf(server);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

interface Feed {
  readonly type: string | null;
  /** The next event as it was sent; undefined when the feed has ended as it should. Rejects when it is cut. */
  next(): Promise<string | undefined>;
}

async function listen(name: string, token: string, query: string, url = server.url): Promise<Feed> {
  const response = await fetch(`${url}/db/${ORGANIZATION}/${name}/beta/listen?${query}`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
  });
  expect(response.status).toBe(200);
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  onTestFinished(async () => await reader.cancel().catch(() => undefined));
  let text = '';
  return {
    type: response.headers.get('content-type'),
    async next() {
      for (;;) {
        text = text.replace(/^(?::keep-alive\n\n)+/, '');
        const end = text.indexOf('\n\n');
        if (end !== -1) {
          const event = text.slice(0, end);
          text = text.slice(end + 2);
          return event;
        }
        const { done, value } = await reader.read();
        if (done) {
          return undefined;
        }
        text += value;
      }
    },
  };
}

/** The official SDK has no method for this. */
async function configure(name: string, body: object): Promise<void> {
  const answer = await fetch(`${server.url}/v1/organizations/${ORGANIZATION}/databases/${name}/configuration`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${server.apiToken}` },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

test('commits are told as events, whoever makes them and however, in the form that sqld sends', async () => {
  const database = await createDatabase(api, 'heard');
  using http = httpClient(database);
  using socket = socketClient(database);
  await http.execute('CREATE TABLE t (a)');
  const all = await listen('heard', database.token, 'table=t');
  const deleted = await listen('heard', database.token, 'table=t&action=delete');
  expect(all.type).toBe('text/event-stream');
  await http.execute('INSERT INTO t VALUES (1), (2)');
  await socket.batch(['UPDATE t SET a = 5', 'DELETE FROM t WHERE a = 5'], 'write');
  expect([await all.next(), await all.next()]).toEqual([
    'event: changes\ndata: {"insert":2}',
    'event: changes\ndata: {"update":2,"delete":2}',
  ]);
  expect(await deleted.next()).toBe('event: changes\ndata: {"delete":2}');
});

test('a commit that steps aside to another process, because a long statement keeps its own, is told as well', async () => {
  await using own = await startSkerry({ args: ['--hosts', '1'] });
  const ownApi = apiOf(own);
  const database = await createDatabase(ownApi, 'moved');
  using http = httpClient(database);
  using slow = httpClient(await createDatabase(ownApi, 'slow'));
  await http.execute('CREATE TABLE t (a)');
  const feed = await listen('moved', database.token, 'table=t', own.url);
  const count =
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000000) SELECT count(*) FROM n';
  const counted = slow.execute(count);
  // Sockets go to a host that answers. Whichever it is, what is written through them is heard.
  for (let times = 0; times < 5; times += 1) {
    using socket = socketClient(database);
    await socket.execute('INSERT INTO t VALUES (1)');
    expect(await feed.next()).toBe('event: changes\ndata: {"insert":1}');
  }
  await counted;
});

test('a database that somebody listens to is as free to step aside as any other', async () => {
  await using own = await startSkerry({ args: ['--hosts', '1', '--statement-timeout', '1h'] });
  const ownApi = apiOf(own);
  const database = await createDatabase(ownApi, 'heard');
  using http = httpClient(database);
  await http.execute('CREATE TABLE t (a)');
  await listen('heard', database.token, 'table=t', own.url);
  using slow = httpClient(await createDatabase(ownApi, 'slow'));
  const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
  const ended = slow.execute(endless).then(
    () => 'it returned rows',
    () => 'it was ended',
  );
  const answered = async (): Promise<string> => {
    // The first ones may come before the endless query begins; not so many.
    for (let times = 0; times < 20; times += 1) {
      await http.execute('INSERT INTO t VALUES (1)');
    }
    return 'answered';
  };
  expect(await Promise.race([ended, answered()])).toBe('answered');
  await own.kill();
  expect(await ended).toBe('it was ended');
});

test('a feed ends when its token expires', async () => {
  await createDatabase(api, 'short');
  // The longer the machine takes to let the feed begin, the longer the token has to be good.
  let feed: Feed | undefined;
  for (let seconds = 2; feed === undefined; seconds *= 2) {
    const { jwt } = await api.databases.createToken('short', { expiration: `${seconds}s` });
    feed = await listen('short', jwt, 'table=t').catch(() => undefined);
  }
  expect(await feed.next()).toBeUndefined();
});

test('a feed ends when tokens are rotated, and one with a new token hears', async () => {
  const database = await createDatabase(api, 'rotated');
  const feed = await listen('rotated', database.token, 'table=t');
  await api.databases.rotateTokens('rotated');
  expect(await feed.next()).toBeUndefined();
  const { jwt } = await api.databases.createToken('rotated');
  using client = httpClient({ ...database, token: jwt });
  await client.execute('CREATE TABLE t (a)');
  const next = await listen('rotated', jwt, 'table=t');
  await client.execute('INSERT INTO t VALUES (1)');
  expect(await next.next()).toBe('event: changes\ndata: {"insert":1}');
});

test.each<[string, () => Promise<unknown>]>([
  ['its database is deleted', async () => await api.databases.delete('ended')],
  ['reads are blocked', async () => await configure('ended', { block_reads: true })],
])('a feed ends when %s', async (_, end) => {
  const { token } = await createDatabase(api, 'ended');
  const feed = await listen('ended', token, 'table=t');
  await end();
  expect(await feed.next()).toBeUndefined();
});

test('a feed goes on when the configuration changes and its right stays', async () => {
  const database = await createDatabase(api, 'kept');
  using client = httpClient(database);
  await client.execute('CREATE TABLE t (a)');
  const feed = await listen('kept', database.token, 'table=t');
  await configure('kept', { size_limit: '1gb' });
  await client.execute('INSERT INTO t VALUES (1)');
  expect(await feed.next()).toBe('event: changes\ndata: {"insert":1}');
});

test('a server that stops ends its feeds instead of cutting them', async () => {
  await using own = await startSkerry();
  const { token } = await createDatabase(apiOf(own), 'stopped');
  const feed = await listen('stopped', token, 'table=t', own.url);
  const stopped = own.stop();
  expect(await feed.next()).toBeUndefined();
  expect(await stopped).toBe(0);
});
