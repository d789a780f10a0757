/**
 * The paths below a database's address other than pipelines and cursors.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CLOSE, sql, TestHost } from '../../host/testing/test-host.ts';
import type { InstanceRef } from '../../relay/messages.ts';

let host: TestHost;
let database: InstanceRef;

beforeAll(async () => {
  host = new TestHost();
  database = await host.newDatabase();
  await host.pipeline(database, ['CREATE TABLE t (a UNIQUE)', 'INSERT INTO t VALUES (1)', CLOSE]);
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

async function get(path: string): Promise<{ status: number; type: string | undefined; body: string }> {
  const { status, type, body } = await host.request(path, '', { instance: database, method: 'GET' });
  return { status, type, body: body.toString() };
}

test.each(['/v1', '/v2', '/v3', '/v3-protobuf', '/version', '/health'])(
  '%s answers 200 in plain text',
  async (path) => {
    expect(await get(path)).toMatchObject({ status: 200, type: 'text/plain' });
  },
);

test('/v1/jobs has no jobs, in a body that clients read', async () => {
  const { status, type, body } = await get('/v1/jobs');
  expect([status, type]).toEqual([200, 'application/json']);
  expect(JSON.parse(body)).toEqual({ schema_version: 0, migrations: [] });
});

test('what belongs to the Platform API is told where that is', async () => {
  const { status, body } = await get('/v1/namespaces/x/create');
  expect(status).toBe(404);
  expect(body).toContain('Platform API');
});

test('a path that is not there is 404 with a code', async () => {
  const { status, type, body } = await get('/nothing');
  expect([status, type]).toEqual([404, 'application/json']);
  expect(JSON.parse(body)).toMatchObject({ code: expect.any(String), error: expect.any(String) });
});

async function post(path: string, body: object): Promise<{ status: number; json: unknown }> {
  const answer = await host.request(path, body, { instance: database });
  return { status: answer.status, json: JSON.parse(answer.body.toString()) };
}

async function postLegacy(statements: unknown): Promise<{ status: number; json: unknown }> {
  return await post('/', { statements });
}

describe('Hrana 1 over HTTP', () => {
  test('executes a statement', async () => {
    expect(await post('/v1/execute', { stmt: { sql: 'SELECT a FROM t' } })).toMatchObject({
      status: 200,
      json: { result: { rows: [[{ type: 'integer', value: '1' }]] } },
    });
  });

  test.each([
    ['SELEC', 'SQL_PARSE_ERROR'],
    ['SELECT * FROM missing', 'SQLITE_UNKNOWN'],
    ['INSERT INTO t VALUES (1)', 'SQLITE_CONSTRAINT'],
  ])('answers a mistake (%s) with 400 and %s', async (text, code) => {
    expect(await post('/v1/execute', { stmt: { sql: text } })).toMatchObject({ status: 400, json: { code } });
  });

  test('rolls a batch back that leaves its transaction open, and holds nobody up', async () => {
    const steps = ['BEGIN', 'DELETE FROM t'].map((text) => ({ stmt: { sql: text } }));
    expect(await post('/v1/batch', { batch: { steps } })).toMatchObject({ status: 200 });
    expect(await host.values(database, 'SELECT a FROM t')).toEqual(['1']);
    expect(await host.pipeline(database, ['DELETE FROM t WHERE a = 99', CLOSE])).toMatchObject({ status: 200 });
  });
});

describe('the API from before Hrana', () => {
  test('takes texts and arguments in plain JSON, and stops at the first error', async () => {
    const statements = ['SELECT a FROM t', { q: 'SELECT ?, :n', params: [1, 'x'] }, 'SELEC', 'SELECT 1'];
    expect(await postLegacy(statements)).toEqual({
      status: 200,
      json: [
        { results: expect.objectContaining({ columns: ['a'], rows: [[1]] }) },
        { results: expect.objectContaining({ rows: [[1, 'x']] }) },
        { error: expect.stringContaining('could not be parsed') },
        null,
      ],
    });
  });

  test('refuses to leave a transaction open', async () => {
    expect(await postLegacy(['BEGIN', 'DELETE FROM t'])).toMatchObject({ status: 400 });
    expect(await host.values(database, 'SELECT a FROM t')).toEqual(['1']);
  });

  test.each([[['ROLLBACK TO x']], ['not an array'], [[{ params: [] }]]])(
    'refuses %j with words',
    async (statements) => {
      expect(await postLegacy(statements)).toMatchObject({ status: 400, json: { error: expect.any(String) } });
    },
  );
});

test('Protobuf pipelines answer in Protobuf', async () => {
  // PipelineReqBody { requests: [{ close: {} }] }
  const answer = await host.request('/v3-protobuf/pipeline', Buffer.from([0x12, 0x02, 0x0a, 0x00]), {
    instance: database,
  });
  expect([answer.status, answer.type]).toEqual([200, 'application/x-protobuf']);
  expect(answer.body[0]).toBe(0x1a);
});

test('JSON pipelines answer with exactly application/json', async () => {
  const answer = await host.request('/v2/pipeline', { requests: [sql('SELECT 1'), CLOSE] }, { instance: database });
  expect(answer.type).toBe('application/json');
});
