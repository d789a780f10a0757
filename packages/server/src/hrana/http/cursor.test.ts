/**
 * Cursors over HTTP: rows as they are found, as fast as the client takes them.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { CLOSE, TestHost } from '../../host/testing/test-host.ts';
import type { InstanceRef } from '../../relay/messages.ts';

const MEGABYTE = 1024 * 1024;
const ROW = '"type":"row"';
/** What is not endless ends within it, also on a machine that is busy with other things. */
const STATEMENT_MS = 5_000;

let host: TestHost;

beforeAll(() => {
  host = new TestHost();
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

function body(...texts: readonly string[]): string {
  return JSON.stringify({ batch: { steps: texts.map((sql) => ({ stmt: { sql } })) } });
}

async function linesOf(instance: InstanceRef, ...texts: readonly string[]): Promise<Record<string, unknown>[]> {
  const answer = await host.request('/v3/cursor', body(...texts), { instance });
  expect(answer).toMatchObject({ status: 200, type: 'text/plain' });
  const text = answer.body.toString();
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function rowsUpTo(count: number): string {
  return `WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT i, 'row ' || i FROM n`;
}

test('begins with a baton and gives every step its begin, its rows and its end', async () => {
  const database = await host.newDatabase();
  const [first, ...entries] = await linesOf(
    database,
    'CREATE TABLE t (a)',
    'INSERT INTO t VALUES (7)',
    'SELECT a FROM t',
  );
  expect(first).toMatchObject({ baton: expect.any(String) });
  expect(entries.map(({ type }) => type).filter((type) => type !== 'replication_index')).toEqual([
    'step_begin',
    'step_end',
    'step_begin',
    'step_end',
    'step_begin',
    'row',
    'step_end',
  ]);
  expect(entries.find(({ type }) => type === 'row')).toMatchObject({ row: [{ type: 'integer', value: '7' }] });
  expect(entries[3]).toMatchObject({ affected_row_count: 1, last_insert_rowid: '1' });
});

test('a step that fails amid its rows says so after them, and the next one runs', async () => {
  const failing = `SELECT abs(CASE WHEN i < 1500 THEN i ELSE -9223372036854775808 END) FROM (${rowsUpTo(2_000)})`;
  const entries = await linesOf(await host.newDatabase(), failing, 'SELECT 1');
  const types = entries.slice(1).map(({ type }) => type);
  const failedAt = types.indexOf('step_error');
  expect(types.slice(0, 2)).toEqual(['step_begin', 'row']);
  expect(types.indexOf('step_end')).toBeGreaterThan(failedAt);
  expect(types.slice(failedAt, failedAt + 4)).toEqual(['step_error', 'step_begin', 'row', 'step_end']);
});

test('a text that cannot be parsed is the error of the whole, and nothing has run', async () => {
  const database = await host.newDatabase();
  const entries = await linesOf(database, 'CREATE TABLE t (a)', 'SELEC');
  expect(entries[1]).toMatchObject({ type: 'error', error: { code: 'SQL_PARSE_ERROR' } });
  expect(await host.values(database, 'SELECT count(*) FROM sqlite_schema')).toEqual(['0']);
});

test.skipIf(process.platform !== 'linux')(
  'a million rows pass while the host needs no more memory than for a few, and others are served between',
  async () => {
    const database = await host.newDatabase();
    await linesOf(database, rowsUpTo(20_000));
    const beforeBytes = residentBytes();
    const channel = host.open('/v3/cursor', body(rowsUpTo(1_000_000)), { instance: database });
    let rows = 0;
    // The edge of two pieces may cut a row where it says that it is one.
    let edge = '';
    let mostBytes = 0;
    let answersBetween = 0;
    const over = Promise.withResolvers<void>();
    const count = (bytes: Buffer): void => {
      const text = edge + bytes.toString('latin1');
      rows += text.split(ROW).length - 1;
      edge = text.slice(1 - ROW.length);
    };
    channel.handlers.onReply = (_, bytes) => count(bytes);
    channel.handlers.onData = async (bytes) => {
      count(bytes);
      mostBytes = Math.max(mostBytes, residentBytes());
      // The credit for these bytes is given back only then: a client that is slower than the host.
      await host.values(database, 'SELECT 1');
      answersBetween += 1;
    };
    channel.handlers.onEnd = () => over.resolve();
    channel.handlers.onAbort = (reason) => over.reject(new Error(reason));
    await over.promise;
    expect(rows).toBe(1_000_000);
    expect(answersBetween).toBeGreaterThan(100);
    // Garbage is some 50 MB; the rows, were they held, would be several times that.
    expect(mostBytes - beforeBytes).toBeLessThan(128 * MEGABYTE);
  },
);

test('a client that goes away amid the rows leaves nothing open', async () => {
  const database = await host.newDatabase();
  await host.pipeline(database, ['CREATE TABLE t (a)', CLOSE]);
  const steps = body('BEGIN IMMEDIATE', 'INSERT INTO t VALUES (1)', rowsUpTo(1_000_000));
  const channel = host.open('/v3/cursor', steps, { instance: database });
  const begun = Promise.withResolvers<void>();
  channel.handlers.onData = async () => {
    begun.resolve();
    // Takes nothing more, so that the host stands with its transaction open.
    await new Promise(() => undefined);
  };
  await begun.promise;
  channel.abort('the client is gone');
  await host.pipeline(database, ['INSERT INTO t VALUES (2)', CLOSE]);
  expect(await host.values(database, 'SELECT a FROM t')).toEqual(['2']);
});

test('the baton of a cursor goes on in its transaction', async () => {
  const database = await host.newDatabase();
  await host.pipeline(database, ['CREATE TABLE t (a)', CLOSE]);
  const [first] = await linesOf(database, 'BEGIN', 'INSERT INTO t VALUES (1)');
  await host.pipeline(database, ['ROLLBACK', CLOSE], String(first?.['baton']));
  expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['0']);
});

test('an endless statement ends when it has worked for its time, however fast its rows are taken', async () => {
  // All of them are kept here: not for as long as in other tests.
  await using hasty = new TestHost({ statementMs: STATEMENT_MS / 5 });
  const endless = 'WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';
  const answer = await hasty.request('/v3/cursor', body(endless), { instance: await hasty.newDatabase() });
  const last = JSON.parse(answer.body.toString().trimEnd().split('\n').at(-2) ?? '') as unknown;
  // The very last entry says that the body is whole.
  expect(last).toMatchObject({ type: 'step_error', error: { code: 'STATEMENT_TIMEOUT' } });
});

test('nothing is sent before the first row is found: a statement that never finds one gets an answer of its own', async () => {
  await using hasty = new TestHost({ statementMs: STATEMENT_MS });
  const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
  const channel = hasty.open('/v3/cursor', body(endless), { instance: await hasty.newDatabase() });
  let hasReplied = false;
  channel.handlers.onReply = () => (hasReplied = true);
  expect((await hasty.ended).cause).toBe('deadline');
  expect(hasReplied).toBe(false);
});

test('what a step has done for good is told before the next one can end the host', async () => {
  await using hasty = new TestHost({ statementMs: STATEMENT_MS });
  const instance = await hasty.newDatabase();
  const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
  const channel = hasty.open('/v3/cursor', body('CREATE TABLE t (a)', 'INSERT INTO t VALUES (7)', endless), {
    instance,
  });
  let text = '';
  const cut = Promise.withResolvers<void>();
  channel.handlers.onReply = (_, bytes) => void (text += bytes.toString());
  channel.handlers.onData = (bytes) => void (text += bytes.toString());
  channel.handlers.onAbort = () => cut.resolve();
  await cut.promise;
  const ends = text.split('\n').filter((line) => line.includes('step_end'));
  expect(ends).toHaveLength(2);
  expect(JSON.parse(ends[1] ?? '')).toMatchObject({ affected_row_count: 1, last_insert_rowid: '1' });
});

test('steps within a transaction leave together: until COMMIT they have done nothing for good', async () => {
  const instance = await host.newDatabase();
  await host.pipeline(instance, ['CREATE TABLE t (a)', CLOSE]);
  const channel = host.open('/v3/cursor', body('BEGIN', 'INSERT INTO t VALUES (1)', 'SELECT a FROM t', 'COMMIT'), {
    instance,
  });
  const reply = await new Promise<[string, boolean]>((resolve) => {
    channel.handlers.onReply = (_, bytes, ended) => resolve([bytes.toString(), ended]);
  });
  expect([reply[0].match(/step_end/g)?.length, reply[1]]).toEqual([4, true]);
});

/** Memory of the host process, as Linux tells it. */
function residentBytes(): number {
  const status = readFileSync(`/proc/${host.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
