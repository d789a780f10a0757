/**
 * What a pipeline promises: order, errors in their place, all or nothing in a transaction, bounded answers.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CLOSE, FULL, rowsOf, SETTINGS, sql, TestHost } from '../../host/testing/test-host.ts';
import type { PipelineAnswer } from '../../host/testing/test-host.ts';

const TRANSACTION_MS = 300;
const MAX_RESPONSE_BYTES = 1_000_000;

let host: TestHost;

beforeAll(() => {
  host = new TestHost({ transactionMs: TRANSACTION_MS, maxResponseBytes: MAX_RESPONSE_BYTES });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

function batch(...steps: readonly { sql: string; condition?: object; args?: readonly object[] }[]): object {
  return {
    type: 'batch',
    batch: { steps: steps.map(({ sql: text, condition, args = [] }) => ({ condition, stmt: { sql: text, args } })) },
  };
}

const integer = (value: number): object => ({ type: 'integer', value: String(value) });

test('a statement that fails leaves its error in its place, and later ones run', async () => {
  const { status, results } = await host.pipeline(await host.newDatabase(), ['SELECT 1', 'SELEC', 'SELECT 2']);
  expect(status).toBe(200);
  expect(results.map(({ type }) => type)).toEqual(['ok', 'error', 'ok']);
  expect(results[1]?.error?.code).toBe('SQL_PARSE_ERROR');
});

test('every step of a batch has a result or an error, and a skipped one neither', async () => {
  const database = await host.newDatabase();
  await host.pipeline(database, ['CREATE TABLE t (a UNIQUE)', CLOSE]);
  const { results } = await host.pipeline(database, [
    batch(
      { sql: 'INSERT INTO t VALUES (1)' },
      { sql: 'INSERT INTO t VALUES (1)' },
      { sql: 'INSERT INTO t VALUES (2)', condition: { type: 'ok', step: 1 } },
      { sql: 'INSERT INTO t VALUES (3)', condition: { type: 'error', step: 2 } },
    ),
  ]);
  const { step_results, step_errors } = results[0]?.response?.result ?? {};
  expect(step_results?.map((result) => result !== null)).toEqual([true, false, false, true]);
  expect(step_errors?.map((error) => error?.code ?? null)).toEqual([null, 'SQLITE_CONSTRAINT', null, null]);
});

test('a batch with a step that cannot be parsed runs no step', async () => {
  const database = await host.newDatabase();
  const { results } = await host.pipeline(database, [batch({ sql: 'CREATE TABLE t (a)' }, { sql: 'SELEC' })]);
  expect(results[0]?.error?.code).toBe('SQL_PARSE_ERROR');
  expect(await host.values(database, 'SELECT count(*) FROM sqlite_schema')).toEqual(['0']);
});

test('an INSERT with RETURNING gives its rows and counts them', async () => {
  const { results } = await host.pipeline(await host.newDatabase(), [
    'CREATE TABLE t (id INTEGER PRIMARY KEY)',
    'INSERT INTO t DEFAULT VALUES RETURNING *',
  ]);
  expect(results[1]?.response?.result).toMatchObject({ affected_row_count: 1, last_insert_rowid: '1' });
  expect(rowsOf(results[1])).toEqual([['1']]);
});

test('columns of a table tell their declared type, expressions have none', async () => {
  const { results } = await host.pipeline(await host.newDatabase(), [
    'CREATE TABLE t (d DATETIME, b BOOLEAN)',
    "INSERT INTO t VALUES ('2026-01-02 03:04:05', 1)",
    "SELECT d, b, d || '', datetime(d), b FROM t",
  ]);
  const { result } = results[2]?.response ?? {};
  expect(result?.cols?.map(({ decltype }) => decltype)).toEqual(['DATETIME', 'BOOLEAN', null, null, 'BOOLEAN']);
  const day = '2026-01-02 03:04:05';
  expect(rowsOf(results[2])).toEqual([[day, '1', day, day, '1']]);
});

test('several statements in one text that answer nothing are no error', async () => {
  const database = await host.newDatabase();
  const script = 'CREATE TABLE a (x); CREATE INDEX i ON a (x); CREATE VIEW v AS SELECT x FROM a;';
  const { results } = await host.pipeline(database, [{ type: 'sequence', sql: script }, CLOSE]);
  expect(results.map(({ type }) => type)).toEqual(['ok', 'ok']);
  expect(await host.values(database, 'SELECT name FROM sqlite_schema ORDER BY name')).toEqual(['a', 'i', 'v']);
});

test('an integer that is bound stays one, and columns that follow a datetime have their values', async () => {
  const database = await host.newDatabase();
  const one = [{ type: 'integer', value: '1' }];
  const { results } = await host.pipeline(database, [
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a DATETIME, b DATETIME, active BOOLEAN)',
    sql("INSERT INTO t VALUES (7, '2024-01-02 03:04:05', '2024-06-07T08:09:10', ?)", one),
    'SELECT id, datetime(a), datetime(b), active, typeof(active) FROM t',
    CLOSE,
  ]);
  expect(rowsOf(results[2])).toEqual([['7', '2024-01-02 03:04:05', '2024-06-07 08:09:10', '1', 'integer']]);
});

test('a table is made anew with foreign keys off, its children stay, and the next stream has them on', async () => {
  const database = await host.newDatabase();
  await host.pipeline(database, [
    'CREATE TABLE p (id INTEGER PRIMARY KEY)',
    'CREATE TABLE c (p REFERENCES p ON DELETE CASCADE)',
    'INSERT INTO p VALUES (1)',
    'INSERT INTO c VALUES (1)',
    CLOSE,
  ]);
  const texts = ['PRAGMA foreign_keys = off', 'BEGIN', 'CREATE TABLE n (id INTEGER PRIMARY KEY, more)'];
  texts.push('INSERT INTO n SELECT id, 0 FROM p', 'DROP TABLE p', 'ALTER TABLE n RENAME TO p', 'COMMIT');
  const { results } = await host.pipeline(database, [batch(...texts.map((sql) => ({ sql }))), CLOSE]);
  expect(results[0]?.response?.result?.step_errors).toEqual(texts.map(() => null));
  expect(await host.values(database, 'SELECT p FROM c')).toEqual(['1']);
  expect(await host.values(database, 'PRAGMA foreign_keys')).toEqual(['1']);
  await host.pipeline(database, ['DELETE FROM p', CLOSE]);
  expect(await host.values(database, 'SELECT count(*) FROM c')).toEqual(['0']);
});

test('an interactive transaction deletes, inserts 50 rows with 250 arguments, and commits', async () => {
  const database = await host.newDatabase();
  await host.pipeline(database, ['CREATE TABLE t (a, b, c, d, e)', 'INSERT INTO t (a) VALUES (0)', CLOSE]);
  const begun = await host.pipeline(database, ['BEGIN IMMEDIATE']);
  const args = Array.from({ length: 250 }, (_, index) => integer(index));
  const insert = `INSERT INTO t VALUES ${Array.from({ length: 50 }, () => '(?, ?, ?, ?, ?)').join(', ')}`;
  const filled = await host.pipeline(database, [batch({ sql: 'DELETE FROM t' }, { sql: insert, args })], begun.baton);
  expect(await host.pipeline(database, ['COMMIT', CLOSE], filled.baton)).toMatchObject({ status: 200 });
  expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['50']);
});

describe('an answer that is too large', () => {
  const blobs = 'WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12) SELECT randomblob(131072) FROM n';

  test('is RESPONSE_TOO_LARGE in its place, and the stream goes on', async () => {
    const { status, results } = await host.pipeline(await host.newDatabase(), [blobs, 'SELECT 1']);
    expect(status).toBe(200);
    expect(results[0]?.error?.code).toBe('RESPONSE_TOO_LARGE');
    expect(rowsOf(results[1])).toEqual([['1']]);
  });

  test('is so also when it is made of many small results', async () => {
    const one = "SELECT printf('%.*c', 100000, 'x')";
    const { results } = await host.pipeline(await host.newDatabase(), [
      ...Array.from({ length: 8 }, () => one),
      batch({ sql: one }, { sql: one }, { sql: 'SELECT 1' }),
    ]);
    expect(results.slice(0, 8).every(({ type }) => type === 'ok')).toBe(true);
    expect(results[8]?.response?.result?.step_errors.map((error) => error?.code ?? null)).toEqual([
      null,
      'RESPONSE_TOO_LARGE',
      null,
    ]);
  });

  test('is no error when its rows are not wanted', async () => {
    const { results } = await host.pipeline(await host.newDatabase(), [
      { type: 'execute', stmt: { sql: blobs, want_rows: false } },
    ]);
    expect(rowsOf(results[0])).toEqual([]);
  });
});

test('clients that do not take their answers use up what their database may, and no more, and nobody else notices', async () => {
  await using patient = new TestHost({ maxResponseBytes: 3_000_000 });
  const [database, other] = [await patient.newDatabase(), await patient.newDatabase()];
  const large = JSON.stringify({
    requests: [{ type: 'execute', stmt: { sql: "SELECT printf('%.*c', 2500000, 'x')" } }, CLOSE],
  });
  const held = Array.from({ length: 25 }, () => {
    const channel = patient.open('/v2/pipeline', large, { instance: database });
    // What it takes is never given back as credit.
    channel.handlers.onData = async () => await new Promise(() => undefined);
    return channel;
  });
  const read = "SELECT printf('%.*c', 2500000, 'x')";
  expect((await patient.pipeline(database, [read, CLOSE])).results[0]?.error?.code).toBe('RESPONSE_TOO_LARGE');
  expect(await patient.values(other, "SELECT length(printf('%.*c', 2500000, 'x'))")).toEqual(['2500000']);
  expect((await patient.pipeline(other, [read, CLOSE])).results[0]?.type).toBe('ok');
  for (const channel of held) {
    channel.abort('the client is gone');
  }
  // The host has heard of it before it answers this.
  await patient.values(other, 'SELECT 1');
  expect((await patient.pipeline(database, [read, CLOSE])).results[0]?.type).toBe('ok');
});

describe('stored SQL', () => {
  test('of 15,000 bytes in three-byte characters is taken and run by its number', async () => {
    const text = `SELECT '${'語'.repeat(5_000)}'`;
    const { results } = await host.pipeline(await host.newDatabase(), [
      { type: 'store_sql', sql_id: 1, sql: text },
      { type: 'execute', stmt: { sql_id: 1 } },
      { type: 'close_sql', sql_id: 1 },
    ]);
    expect(results.map(({ type }) => type)).toEqual(['ok', 'ok', 'ok']);
    expect(rowsOf(results[1])).toEqual([['語'.repeat(5_000)]]);
  });

  test('that is refused, or was never sent, fails what names it in its place, and the stream goes on', async () => {
    const { status, results } = await host.pipeline(await host.newDatabase(), [
      { type: 'store_sql', sql_id: 1, sql: `SELECT '${'x'.repeat(2_000_000)}'` },
      { type: 'execute', stmt: { sql_id: 1 } },
      'SELECT 1',
    ]);
    expect(status).toBe(200);
    expect(results.map(({ error }) => error?.code)).toEqual(['SQL_STORE_TOO_LARGE', 'SQL_NOT_STORED', undefined]);
  });

  test('is counted all together', async () => {
    const text = `SELECT '${'x'.repeat(900_000)}'`;
    const store = (sqlId: number): object => ({ type: 'store_sql', sql_id: sqlId, sql: text });
    const { results } = await host.pipeline(await host.newDatabase(), [
      ...[1, 2, 3, 4, 5].map(store),
      { type: 'close_sql', sql_id: 1 },
      store(5),
    ]);
    expect(results.map(({ type }) => type)).toEqual(['ok', 'ok', 'ok', 'ok', 'error', 'ok', 'ok']);
  });
});

describe('a transaction that had its time while another writer waited', () => {
  test('is told so on every statement until ROLLBACK, and nothing of it stays', async () => {
    const database = await host.newDatabase();
    const begun = await host.pipeline(database, ['CREATE TABLE t (a)', 'BEGIN IMMEDIATE', 'INSERT INTO t VALUES (1)']);
    // Waits until the transaction loses its lock.
    await host.pipeline(database, ['INSERT INTO t VALUES (2)', CLOSE]);
    const late = await host.pipeline(database, ['INSERT INTO t VALUES (3)', 'INSERT INTO t VALUES (4)'], begun.baton);
    expect(late.status).toBe(200);
    expect(late.results.map(({ error }) => error?.code)).toEqual(['TRANSACTION_TIMEOUT', 'TRANSACTION_TIMEOUT']);
    const committed = await host.pipeline(database, ['COMMIT'], late.baton);
    expect(committed.results[0]?.error?.code).toBe('TRANSACTION_TIMEOUT');
    expect(await host.values(database, 'SELECT a FROM t')).toEqual(['2']);
    const after = await host.pipeline(database, ['INSERT INTO t VALUES (5)', CLOSE], committed.baton);
    expect(after.results.map(({ type }) => type)).toEqual(['ok', 'ok']);
  });

  test('keeps none of a hundred large inserts', async () => {
    const database = await host.newDatabase();
    const rows = Array.from({ length: 500 }, (_, index) => `(${index})`).join(', ');
    const inserts = Array.from({ length: 100 }, () => `INSERT INTO t VALUES ${rows}`);
    const begun = await host.pipeline(database, ['CREATE TABLE t (a)', 'BEGIN', ...inserts]);
    expect(begun.results.every(({ type }) => type === 'ok')).toBe(true);
    await host.pipeline(database, ['CREATE TABLE other (a)', CLOSE]);
    const late = await host.pipeline(database, ['INSERT INTO t VALUES (1)', 'ROLLBACK', CLOSE], begun.baton);
    expect(late.results.map(({ type }) => type)).toEqual(['error', 'ok', 'ok']);
    expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['0']);
  });

  test('keeps its lock for as long as nobody waits', async () => {
    const database = await host.newDatabase();
    const begun = await host.pipeline(database, ['CREATE TABLE t (a)', 'BEGIN IMMEDIATE']);
    const spin = `WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT count(*) FROM n`;
    const worked = await host.pipeline(database, [spin, 'INSERT INTO t VALUES (1)'], begun.baton);
    await host.pipeline(database, ['COMMIT', CLOSE], worked.baton);
    expect(await host.values(database, 'SELECT a FROM t')).toEqual(['1']);
  });
});

test('writers wait for each other in turn, and each commits', async () => {
  // None of them loses its lock to the next, however slow the machine.
  await using patient = new TestHost({ transactionMs: 600_000 });
  const database = await patient.newDatabase();
  await patient.pipeline(database, ['CREATE TABLE t (a)', CLOSE]);
  const write = async (value: number): Promise<void> => {
    const begun = await patient.pipeline(database, ['BEGIN IMMEDIATE', `INSERT INTO t VALUES (${value})`]);
    await patient.pipeline(database, ['COMMIT', CLOSE], begun.baton);
  };
  await Promise.all([1, 2, 3, 4, 5].map(write));
  expect(await patient.values(database, 'SELECT a FROM t')).toEqual(['1', '2', '3', '4', '5']);
});

describe('rights', () => {
  test('that have ended since the gateway looked are refused', async () => {
    const rights = { ...FULL, expiresAtMs: Date.now() - 1 };
    const answer = await host.pipeline(await host.newDatabase(), ['SELECT 1'], null, { rights });
    expect(answer).toMatchObject({ status: 401, code: 'AUTH_JWT_EXPIRED' });
  });

  test('of one request are not those of the next on the same stream', async () => {
    const database = await host.newDatabase();
    const { baton } = await host.pipeline(database, ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)']);
    const rights = { ...FULL, level: 'read' as const };
    const { results } = await host.pipeline(database, ['SELECT a FROM t', 'DELETE FROM t'], baton, { rights });
    expect(results.map(({ type }) => type)).toEqual(['ok', 'error']);
    expect(await host.values(database, 'SELECT a FROM t')).toEqual(['1']);
  });

  test('to a database that waits for its upload are none', async () => {
    const settings = { ...SETTINGS, awaitingUpload: true };
    const answer = await host.pipeline(await host.newDatabase(), ['SELECT 1'], null, { settings });
    expect(answer).toMatchObject({ status: 409, code: 'AWAITING_UPLOAD' });
  });
});

test.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['an unknown request', '{"requests":[{"type":"explode"}]}'],
  [
    'a condition on a later step',
    '{"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql":"SELECT 1"},"condition":{"type":"ok","step":1}}]}}]}',
  ],
])('a body with %s is refused with words, and the host goes on', async (_, body) => {
  const database = await host.newDatabase();
  const answer = await host.request('/v3/pipeline', body, { instance: database });
  expect(answer.status).toBe(400);
  expect(answer.body.length).toBeGreaterThan(10);
  expect(await host.values(database, 'SELECT 1')).toEqual(['1']);
});

test('a script of 50 MB runs as one sequence', async () => {
  const database = await host.newDatabase();
  const rows = Array.from({ length: 500 }, (_, index) => `(${index}, '${'x'.repeat(1_000)}')`).join(',');
  const script = `CREATE TABLE t (a, b);${`INSERT INTO t VALUES ${rows};`.repeat(100)}`;
  expect(script.length).toBeGreaterThan(50_000_000);
  const { results } = await host.pipeline(database, [{ type: 'sequence', sql: script }, CLOSE]);
  expect(results.map(({ type }) => type)).toEqual(['ok', 'ok']);
  expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['50000']);
});

test('an infinite float is null on version 3, as Turso specifies, and a number on version 2', async () => {
  const database = await host.newDatabase();
  const sql = `SELECT 1e308 * 10, -9e999, '"type":"float","value":9.0e+999}'`;
  const values = async (path: string): Promise<unknown> => {
    const { body } = await host.request(
      path,
      { requests: [{ type: 'execute', stmt: { sql } }] },
      { instance: database },
    );
    const { results } = JSON.parse(body.toString()) as PipelineAnswer;
    return results[0]?.response?.result?.rows[0]?.map(({ value }) => value);
  };
  const text = '"type":"float","value":9.0e+999}';
  expect(await values('/v3/pipeline')).toEqual([null, null, text]);
  expect(await values('/v2/pipeline')).toEqual([Infinity, -Infinity, text]);
});

function insert(id: number, text: string): object {
  const args = [integer(id), { type: 'text', value: text }];
  return { type: 'execute', stmt: { sql: 'INSERT INTO t VALUES (?, ?)', args } };
}

/** The row that the first request has made, or its error. */
function outcome({ results: [first] }: PipelineAnswer): string {
  return first?.error?.code ?? first?.response?.result?.last_insert_rowid ?? '';
}

describe('single writes of many clients at once', () => {
  test('each has its own answer, and what was answered is there', async () => {
    const database = await host.newDatabase();
    await host.pipeline(database, ['CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)', CLOSE]);
    const ids = Array.from({ length: 200 }, (_, index) => index % 150);
    const answers = await Promise.all(
      ids.map(async (id) => await host.pipeline(database, [insert(id, `text ${id}`), CLOSE])),
    );
    expect(answers.map(outcome)).toEqual(ids.map((id, index) => (index < 150 ? String(id) : 'SQLITE_CONSTRAINT')));
    expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['150']);
  });

  test('one that does not fit in the database takes none of the others with it', async () => {
    const database = await host.newDatabase();
    await host.pipeline(database, ['CREATE TABLE t (id INTEGER PRIMARY KEY, a)', CLOSE]);
    const settings = { ...SETTINGS, sizeLimitBytes: 80_000 };
    const write = async (id: number): Promise<PipelineAnswer> =>
      await host.pipeline(database, [insert(id, 'x'.repeat(id % 10 === 7 ? 200_000 : 10)), CLOSE], null, { settings });
    const ids = Array.from({ length: 100 }, (_, index) => index);
    const answers = await Promise.all(ids.map(write));
    expect(answers.map(outcome)).toEqual(ids.map((id) => (id % 10 === 7 ? 'SQLITE_FULL' : String(id))));
    expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['90']);
  });
});
