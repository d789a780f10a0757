/**
 * WebSockets: who may ask, in which order answers come, and how the socket ends.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CLOSE, FULL, SETTINGS, TestHost } from '../../host/testing/test-host.ts';

/** No transaction of these tests loses its lock, however slow the machine. */
const PATIENT_MS = 600_000;

let host: TestHost;

beforeAll(() => {
  host = new TestHost({ transactionMs: PATIENT_MS });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

const MANY = 'WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n';

describe('hello', () => {
  test('is answered, and what was sent after it without waiting is run', async () => {
    const socket = host.socket(await host.newDatabase());
    socket.hello();
    socket.request({ type: 'open_stream', stream_id: 1 });
    const executed = socket.request({ type: 'execute', stream_id: 1, stmt: { sql: 'SELECT 1' } });
    const closed = socket.request({ type: 'close_stream', stream_id: 1 });
    expect(await socket.message(({ type }) => type === 'hello_ok')).toEqual({ type: 'hello_ok' });
    expect((await socket.answer(executed)).response?.result?.rows).toEqual([[{ type: 'integer', value: '1' }]]);
    expect((await socket.answer(closed)).type).toBe('response_ok');
  });

  test('with a token that is refused is told so, nothing runs, and the socket closes with a reason', async () => {
    const database = await host.newDatabase();
    const socket = host.socket(database);
    socket.judge = () => ({ type: 'refused', code: 'AUTH_JWT_INVALID', message: 'The JWT is invalid' });
    socket.hello('bad');
    socket.request({ type: 'open_stream', stream_id: 1 });
    socket.request({ type: 'execute', stream_id: 1, stmt: { sql: 'CREATE TABLE t (a)' } });
    const error = await socket.message(({ type }) => type === 'hello_error');
    expect(error.error).toEqual({ code: 'AUTH_JWT_INVALID', message: 'Authentication failed: The JWT is invalid' });
    expect((await socket.closed).reason).toMatch(/The JWT is invalid/);
    expect(await host.values(database, 'SELECT count(*) FROM sqlite_schema')).toEqual(['0']);
  });

  test('may come again and changes what later requests may do', async () => {
    const socket = await host.socket(await host.newDatabase()).ready();
    await socket.execute('CREATE TABLE t (a)');
    socket.judge = () => ({ type: 'rights', rights: { ...FULL, level: 'read' } });
    socket.hello('another');
    expect((await socket.execute('INSERT INTO t VALUES (1)')).type).toBe('response_error');
    expect((await socket.execute('SELECT * FROM t')).type).toBe('response_ok');
  });

  test('may not come twice in version 1', async () => {
    const socket = host.socket(await host.newDatabase(), { protocol: 'hrana1' });
    socket.hello();
    socket.hello();
    expect((await socket.closed).code).toBe(1008);
  });

  test('must come before requests', async () => {
    const socket = host.socket(await host.newDatabase());
    socket.request({ type: 'open_stream', stream_id: 1 });
    expect((await socket.closed).code).toBe(1008);
  });

  test('is not needed with a token in the header of the upgrade', async () => {
    const socket = host.socket(await host.newDatabase(), { rights: FULL });
    await socket.ask({ type: 'open_stream', stream_id: 0 });
    expect((await socket.execute('SELECT 1')).type).toBe('response_ok');
  });
});

describe('rights that end on an open socket', () => {
  test('by their time are refused request by request, until another hello', async () => {
    const socket = host.socket(await host.newDatabase());
    await socket.ready();
    expect((await socket.execute('SELECT 1')).type).toBe('response_ok');
    const expiresAtMs = Date.now() + 100;
    socket.channel.sendNote({ type: 'rights', rights: { ...FULL, expiresAtMs } });
    let answer = await socket.execute('SELECT 1');
    while (answer.type === 'response_ok') {
      answer = await socket.execute('SELECT 1');
    }
    expect(answer.error?.code).toBe('AUTH_JWT_EXPIRED');
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAtMs);
    socket.judge = () => ({ type: 'rights', rights: FULL });
    socket.hello('a new one');
    expect((await socket.execute('SELECT 1')).type).toBe('response_ok');
  });

  test('by revocation are refused at once', async () => {
    const socket = await host.socket(await host.newDatabase()).ready();
    socket.channel.sendNote({ type: 'refused', code: 'AUTH_JWT_INVALID', message: 'The JWT is invalid' });
    expect((await socket.execute('SELECT 1')).error?.code).toBe('AUTH_JWT_INVALID');
  });
});

test('settings that change hold for the next request on an open socket', async () => {
  const socket = await host.socket(await host.newDatabase()).ready();
  await socket.execute('CREATE TABLE t (a)');
  socket.channel.sendNote({ type: 'rights', rights: FULL, settings: { ...SETTINGS, blockWrites: true } });
  expect((await socket.execute('INSERT INTO t VALUES (1)')).error?.code).toBe('BLOCKED');
  socket.channel.sendNote({ type: 'rights', rights: FULL, settings: SETTINGS });
  expect((await socket.execute('INSERT INTO t VALUES (1)')).type).toBe('response_ok');
});

describe('requests', () => {
  test('of one stream run one after another, those of another stream meanwhile', async () => {
    const socket = await host.socket(await host.newDatabase()).ready(1);
    await socket.ask({ type: 'open_stream', stream_id: 2 });
    await socket.execute('CREATE TABLE t (a)', 1);
    await socket.execute('BEGIN IMMEDIATE', 1);
    // Waits for the lock of stream 1; what follows on stream 2 waits behind it, what comes on stream 1 does not.
    const waiting = socket.request({ type: 'execute', stream_id: 2, stmt: { sql: 'INSERT INTO t VALUES (2)' } });
    const behind = socket.request({ type: 'execute', stream_id: 2, stmt: { sql: 'SELECT a FROM t ORDER BY a' } });
    await socket.execute('INSERT INTO t VALUES (1)', 1);
    await socket.execute('COMMIT', 1);
    expect((await socket.answer(waiting)).type).toBe('response_ok');
    expect((await socket.answer(behind)).response?.result?.rows).toHaveLength(2);
  });

  test('by the hundred at once on one socket are all answered', async () => {
    const socket = await host.socket(await host.newDatabase()).ready();
    const answers = await Promise.all(Array.from({ length: 500 }, async () => await socket.execute('SELECT 1')));
    expect(answers.every(({ type }) => type === 'response_ok')).toBe(true);
  });

  test('beyond the limit are refused one by one, and the socket stays open', async () => {
    const database = await host.newDatabase();
    const holder = await host.socket(database).ready();
    await holder.execute('CREATE TABLE t (a)');
    await holder.execute('BEGIN IMMEDIATE');
    const socket = await host.socket(database).ready();
    // The first waits for the lock of the other socket, and all others for the first.
    const waiting = ['DELETE FROM t', ...Array.from({ length: 11_000 }, () => 'SELECT 1')];
    const answering = Promise.all(waiting.map(async (text) => await socket.execute(text)));
    await holder.execute('COMMIT');
    const answers = await answering;
    const refused = answers.filter(({ type }) => type === 'response_error');
    expect(refused.length).toBeGreaterThan(500);
    expect(new Set(refused.map(({ error }) => error?.code))).toEqual(new Set(['TOO_MANY_REQUESTS']));
    expect((await socket.execute('SELECT 1')).type).toBe('response_ok');
  });
});

describe('streams', () => {
  test('that the client forgets are rolled back when the socket ends', async () => {
    const database = await host.newDatabase();
    const socket = await host.socket(database).ready();
    await socket.execute('CREATE TABLE t (a)');
    await socket.execute('BEGIN IMMEDIATE');
    await socket.execute('INSERT INTO t VALUES (1)');
    socket.channel.end();
    await host.pipeline(database, ['INSERT INTO t VALUES (2)', CLOSE]);
    expect(await host.values(database, 'SELECT a FROM t')).toEqual(['2']);
  });

  test('of a database that is dropped answer that it was deleted', async () => {
    const database = await host.newDatabase();
    const socket = await host.socket(database).ready();
    await socket.execute('BEGIN');
    await host.done({ type: 'drop_database', databaseId: database.databaseId });
    expect((await socket.execute('SELECT 1')).error?.message).toMatch(/deleted/);
  });

  test.each([
    { type: 'execute', stream_id: 9, stmt: { sql: 'SELECT 1' } },
    { type: 'open_stream', stream_id: 0 },
    { type: 'get_autocommit', stream_id: 0 },
    { type: 'store_sql', sql_id: 1 },
    { type: 'explode' },
  ])('a request that breaks the protocol (%j) closes the socket with a code and a reason', async (request) => {
    const socket = await host.socket(await host.newDatabase()).ready();
    socket.request(request);
    const { code, reason } = await socket.closed;
    expect([1007, 1008]).toContain(code);
    expect(reason.length).toBeGreaterThan(10);
  });
});

test('text that is no JSON closes with 1007, binary on a text protocol with 1003', async () => {
  const one = host.socket(await host.newDatabase());
  one.send('{');
  expect((await one.closed).code).toBe(1007);
  const other = host.socket(await host.newDatabase());
  void other.channel.sendMessage(Buffer.from([1]));
  expect((await other.closed).code).toBe(1003);
});

describe('stored SQL', () => {
  test('is shared by the streams of a socket, also while it is sent ahead', async () => {
    const socket = await host.socket(await host.newDatabase()).ready(1);
    socket.request({ type: 'store_sql', sql_id: 7, sql: `SELECT '${'語'.repeat(5_000)}'` });
    socket.request({ type: 'open_stream', stream_id: 2 });
    const one = socket.request({ type: 'execute', stream_id: 1, stmt: { sql_id: 7 } });
    const two = socket.request({ type: 'execute', stream_id: 2, stmt: { sql_id: 7 } });
    socket.request({ type: 'close_sql', sql_id: 7 });
    expect([(await socket.answer(one)).type, (await socket.answer(two)).type]).toEqual(['response_ok', 'response_ok']);
  });
});

describe('cursors', () => {
  test('give their entries piece by piece, and the stream is free when they are closed', async () => {
    const socket = await host.socket(await host.newDatabase(), { protocol: 'hrana3' }).ready();
    const batch = { steps: [{ stmt: { sql: MANY } }] };
    socket.request({ type: 'open_cursor', stream_id: 0, cursor_id: 1, batch });
    const first = await socket.ask({ type: 'fetch_cursor', cursor_id: 1, max_count: 3 });
    expect(first.response?.entries?.map(({ type }) => type)).toEqual(['step_begin', 'row', 'row']);
    let count = 2;
    for (let isDone = false; !isDone;) {
      const { response } = await socket.ask({ type: 'fetch_cursor', cursor_id: 1, max_count: 100 });
      count += response?.entries?.filter(({ type }) => type === 'row').length ?? 0;
      isDone = response?.done === true;
    }
    expect(count).toBe(1_000);
    await socket.ask({ type: 'close_cursor', cursor_id: 1 });
    expect((await socket.execute('SELECT 1')).type).toBe('response_ok');
  });

  test('tell what a step has done for good before the next one begins, and that the last one was the last', async () => {
    const socket = await host.socket(await host.newDatabase(), { protocol: 'hrana3' }).ready();
    const steps = ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (7)'].map((sql) => ({ stmt: { sql } }));
    socket.request({ type: 'open_cursor', stream_id: 0, cursor_id: 1, batch: { steps } });
    const fetched = [];
    for (let times = 0; times < 2; times += 1) {
      const { response } = await socket.ask({ type: 'fetch_cursor', cursor_id: 1, max_count: 100 });
      fetched.push([response?.entries?.map(({ type }) => type), response?.done]);
    }
    expect(fetched).toEqual([
      [['step_begin', 'step_end'], false],
      [['step_begin', 'step_end'], true],
    ]);
  });

  test('that are closed halfway leave the stream usable', async () => {
    const socket = await host.socket(await host.newDatabase(), { protocol: 'hrana3' }).ready();
    const batch = { steps: [{ stmt: { sql: MANY } }] };
    socket.request({ type: 'open_cursor', stream_id: 0, cursor_id: 1, batch });
    await socket.ask({ type: 'fetch_cursor', cursor_id: 1, max_count: 1 });
    expect((await socket.ask({ type: 'close_cursor', cursor_id: 1 })).type).toBe('response_ok');
    expect((await socket.execute('CREATE TABLE t (a)')).type).toBe('response_ok');
  });
});

test('a client that reads nothing is not answered without end', async () => {
  const database = await host.newDatabase();
  const socket = await host.socket(database).ready();
  let takenBytes = 0;
  // Credit is given back when this settles: never.
  socket.channel.handlers.onMessage = async (message) => {
    takenBytes += message.length;
    await new Promise(() => undefined);
  };
  const big = "SELECT printf('%.*c', 300000, 'x')";
  for (let count = 0; count < 200; count += 1) {
    socket.request({ type: 'execute', stream_id: 0, stmt: { sql: big } });
  }
  // Other work passes through the same host, so everything that would be sent to the first socket has been sent.
  const other = await host.socket(database).ready();
  for (let count = 0; count < 300; count += 1) {
    await other.execute('SELECT 1');
  }
  expect(takenBytes).toBeGreaterThan(0);
  expect(takenBytes).toBeLessThan(5_000_000);
});
