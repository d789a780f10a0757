/**
 * The host as a process: its commands, its death, and what it may touch.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { CLOSE, FULL, sql, TestHost } from './testing/test-host.ts';

/** What is not endless ends within it, also on a machine that is busy with other things. */
const STATEMENT_MS = 5_000;

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-host-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('a host that is killed', () => {
  test('amid writes leaves a sound database with every acknowledged row, and no half transaction', async () => {
    const dataDir = newFolder();
    const first = new TestHost({ hostId: 1, dataDir });
    const database = await first.newDatabase();
    await first.pipeline(database, ['CREATE TABLE t (n INTEGER PRIMARY KEY)', 'CREATE TABLE twice (n)', CLOSE]);
    let acknowledged = 0;
    const write = async (): Promise<void> => {
      for (let n = 1; ; n += 1) {
        const inserts = [
          `INSERT INTO t VALUES (${n})`,
          `INSERT INTO twice VALUES (${n})`,
          `INSERT INTO twice VALUES (${n})`,
        ];
        const { results } = await first.pipeline(database, ['BEGIN', ...inserts, 'COMMIT', CLOSE]);
        acknowledged = results.every(({ type }) => type === 'ok') ? n : acknowledged;
        if (n === 50) {
          first.kill();
        }
      }
    };
    await expect(write()).rejects.toThrow('the peer is gone');
    await first.ended;

    await using second = new TestHost({ hostId: 2, dataDir });
    const { results } = await second.pipeline(database, ['PRAGMA integrity_check', CLOSE]);
    expect(results[0]?.response?.result?.rows[0]?.[0]?.value).toBe('ok');
    const [count] = await second.values(database, 'SELECT count(*) FROM t');
    expect(Number(count)).toBeGreaterThanOrEqual(acknowledged);
    expect(acknowledged).toBeGreaterThanOrEqual(49);
    expect(await second.values(database, 'SELECT count(*) - 2 * (SELECT count(*) FROM t) FROM twice')).toEqual(['0']);
  });

  test('by a statement past its time names the request, and the next host serves', async () => {
    const dataDir = newFolder();
    const first = new TestHost({ hostId: 1, dataDir, statementMs: STATEMENT_MS });
    const database = await first.newDatabase();
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
    const culprit = first.open(
      '/v2/pipeline',
      JSON.stringify({ requests: [{ type: 'execute', stmt: { sql: endless } }] }),
      {
        instance: database,
      },
    );
    const { cause, work } = await first.ended;
    expect([cause, work.running]).toEqual(['deadline', culprit.id]);
    await using second = new TestHost({ hostId: 2, dataDir });
    expect(await second.values(database, 'SELECT 1')).toEqual(['1']);
  });
});

test('the request that is named is the one that runs, also when it had to wait and others ran meanwhile', async () => {
  const host = new TestHost({ statementMs: STATEMENT_MS });
  const database = await host.newDatabase();
  const begun = await host.pipeline(database, ['CREATE TABLE t (a)', 'BEGIN IMMEDIATE']);
  const endless =
    'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
  const body = JSON.stringify({ requests: [{ type: 'sequence', sql: `SELECT 1; ${endless}` }] });
  const culprit = host.open('/v2/pipeline', body, { instance: database });
  // These begin after it, and run before it.
  await host.values(database, 'SELECT 1');
  const commit = host.open('/v2/pipeline', JSON.stringify({ baton: begun.baton, requests: [{ type: 'close' }] }), {
    instance: database,
  });
  const { work } = await host.ended;
  expect(commit.id).toBeGreaterThan(culprit.id);
  expect(work.running).toBe(culprit.id);
  await host[Symbol.asyncDispose]();
});

test('a read that was quick until now and ends the host keeps no answer that was ready before it', async () => {
  const host = new TestHost({ statementMs: STATEMENT_MS });
  const instance = await host.newDatabase();
  await host.pipeline(instance, ['CREATE TABLE t (a)', CLOSE]);
  const counting = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT count(*) FROM n';
  const count = (value: string): object => sql(counting, [{ type: 'integer', value }]);
  await host.pipeline(instance, [count('5'), CLOSE]);
  await host.pipeline(instance, [count('5'), CLOSE]);
  // In one write to the host.
  const insert = host.pipeline(instance, ['INSERT INTO t VALUES (1)', CLOSE]);
  const endless = host.pipeline(instance, [count('9000000000000000000'), CLOSE]);
  await expect(endless).rejects.toThrow('the peer is gone');
  expect((await insert).results[0]?.type).toBe('ok');
  await host[Symbol.asyncDispose]();
});

test.skipIf(process.platform !== 'linux')('a thousand transactions leave no file open', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const openFiles = (): number => readdirSync(`/proc/${host.pid}/fd`).length;
  const transact = async (): Promise<void> => {
    await host.pipeline(database, ['BEGIN IMMEDIATE', 'INSERT INTO t VALUES (1)', 'COMMIT', CLOSE]);
    await host.pipeline(database, ['BEGIN', 'INSERT INTO t VALUES (2)', 'ROLLBACK', CLOSE]);
  };
  await host.pipeline(database, ['CREATE TABLE t (a)', CLOSE]);
  await transact();
  const before = openFiles();
  for (let times = 0; times < 500; times += 1) {
    await transact();
  }
  // One that is open for a moment, as for a checkpoint, is none that was left.
  await vi.waitUntil(() => openFiles() <= before, { timeout: 60_000 });
  expect(openFiles()).toBeLessThanOrEqual(before);
  expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['501']);
});

test('a host that stops leaves a database that any SQLite reads, with what was committed', async () => {
  const dataDir = newFolder();
  const host = new TestHost({ dataDir });
  const database = await host.newDatabase();
  await host.pipeline(database, [
    'CREATE TABLE t (a)',
    'INSERT INTO t VALUES (1)',
    'BEGIN',
    'INSERT INTO t VALUES (2)',
  ]);
  await host[Symbol.asyncDispose]();
  const db = new DatabaseSync(path.join(host.folder(database), 'primary.db'));
  expect(db.prepare('SELECT a FROM t').all()).toEqual([{ a: 1 }]);
  db.close();
});

test('a host that stops tells first what has been read and written', async () => {
  const host = new TestHost();
  const database = await host.newDatabase();
  await host.pipeline(database, ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)', CLOSE]);
  await host[Symbol.asyncDispose]();
  const written = host.events.map((event) => (event.type === 'usage' ? event.rowsWritten : 0));
  expect(written.reduce((sum, rows) => sum + rows, 0)).toBeGreaterThan(0);
});

describe('commands', () => {
  test('may each come again, and change nothing then', async () => {
    await using host = new TestHost();
    const database = await host.newDatabase();
    const replica = { ...database, location: 'other', role: 'replica' as const };
    await host.pipeline(database, ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)', CLOSE]);
    await host.done({ type: 'create_database', instance: database });
    await host.done({ type: 'add_replica', instance: replica, primary: database });
    await host.done({ type: 'add_replica', instance: replica, primary: database });
    expect(await host.values(replica, 'SELECT a FROM t')).toEqual(['1']);
    await host.done({ type: 'remove_replica', instance: replica });
    await host.done({ type: 'remove_replica', instance: replica });
    expect(await host.values(database, 'SELECT a FROM t')).toEqual(['1']);
    await host.done({ type: 'drop_database', databaseId: database.databaseId });
    await host.done({ type: 'drop_database', databaseId: database.databaseId });
    expect(existsSync(host.folder(database))).toBe(false);
  });

  test('copy a database as it is at one moment, its open transaction not with it', async () => {
    await using host = new TestHost();
    const [source, target] = [await host.newDatabase(), await host.newDatabase()];
    const fill = 'WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t SELECT i FROM n';
    await host.pipeline(source, ['CREATE TABLE t (a)', fill, CLOSE]);
    await host.pipeline(source, ['BEGIN', 'DELETE FROM t']);
    await host.done({ type: 'copy_database', source, target });
    expect(await host.values(target, 'SELECT count(*) FROM t')).toEqual(['20000']);
    expect(await host.values(target, 'PRAGMA integrity_check')).toEqual(['ok']);
    await host.pipeline(target, ['DELETE FROM t', CLOSE]);
    expect(await host.values(source, 'SELECT count(*) FROM t')).toEqual(['20000']);
  });

  test('that cannot be done are answered with the reason', async () => {
    await using host = new TestHost();
    const missing = { databaseId: '00000000-0000-7000-8000-000000000000', location: 'local', role: 'primary' as const };
    expect(
      await host.command({ type: 'copy_database', source: missing, target: await host.newDatabase() }),
    ).toMatchObject({
      ok: false,
      error: { message: expect.any(String) },
    });
    const wrong = { ...missing, databaseId: '../../etc' };
    expect(await host.command({ type: 'create_database', instance: wrong })).toMatchObject({ ok: false });
  });
});

describe('a replica', () => {
  test('shows what the primary has, soon', async () => {
    await using host = new TestHost();
    const primary = await host.newDatabase();
    const replica = { ...primary, location: 'other', role: 'replica' as const };
    await host.done({ type: 'add_replica', instance: replica, primary });
    await host.pipeline(primary, ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)', CLOSE]);
    const count = async (): Promise<string | undefined> =>
      (await host.values(replica, "SELECT count(*) FROM sqlite_schema WHERE name = 't'"))[0];
    let seen = await count();
    while (seen !== '1') {
      seen = await count();
    }
    expect(await host.values(replica, 'SELECT a FROM t')).toEqual(['1']);
  });

  test('takes writes, which the stream that made them reads back, and the primary has them', async () => {
    await using host = new TestHost();
    const primary = await host.newDatabase();
    const replica = { ...primary, location: 'other', role: 'replica' as const };
    await host.done({ type: 'add_replica', instance: replica, primary });
    const { results } = await host.pipeline(replica, [
      'CREATE TABLE t (a)',
      'BEGIN',
      'INSERT INTO t VALUES (1)',
      'SELECT a FROM t',
      'COMMIT',
      'SELECT a FROM t',
    ]);
    expect(results.map(({ error }) => error?.message)).toEqual(Array.from({ length: 6 }, () => undefined));
    expect(results[3]?.response?.result?.rows).toHaveLength(1);
    expect(results[5]?.response?.result?.rows).toHaveLength(1);
    expect(await host.values(primary, 'SELECT a FROM t')).toEqual(['1']);
  });

  test('keeps the streams of others when it is removed', async () => {
    await using host = new TestHost();
    const primary = await host.newDatabase();
    const replica = { ...primary, location: 'other', role: 'replica' as const };
    await host.done({ type: 'add_replica', instance: replica, primary });
    const onPrimary = await host.pipeline(primary, ['CREATE TABLE t (a)', 'BEGIN', 'INSERT INTO t VALUES (1)']);
    const onReplica = await host.pipeline(replica, ['SELECT 1']);
    await host.done({ type: 'remove_replica', instance: replica });
    expect(await host.pipeline(replica, ['SELECT 1'], onReplica.baton)).toMatchObject({ status: 404 });
    expect(await host.pipeline(primary, ['COMMIT', CLOSE], onPrimary.baton)).toMatchObject({ status: 200 });
    expect(await host.values(primary, 'SELECT a FROM t')).toEqual(['1']);
  });
});

/** An answer as text, without what differs from time to time. */
function timeless(result: object): string {
  return JSON.stringify(result).replace(/"query_duration_ms":[^,}]+/, '');
}

test('a stream leaves nothing of itself to the next that gets its connection', async () => {
  await using host = new TestHost();
  const [database, other] = [await host.newDatabase(), await host.newDatabase()];
  const rights = { ...FULL, attach: [{ name: 'other', databaseId: other.databaseId }] };
  await host.pipeline(database, ['CREATE TABLE t (a)', CLOSE]);
  const look = ['PRAGMA foreign_keys', 'PRAGMA database_list', CLOSE];
  const before = (await host.pipeline(database, look, null, { rights })).results.map(timeless);
  const leave = [
    'PRAGMA foreign_keys = OFF',
    'ATTACH other AS o',
    'INSERT INTO t VALUES (1)',
    'BEGIN',
    'SELECT 1',
    CLOSE,
  ];
  await host.pipeline(database, leave, null, { rights });
  const after = (await host.pipeline(database, look, null, { rights })).results.map(timeless);
  expect(after).toEqual(before);
});

test('ATTACH reaches a database that the rights name, for reading, and no other', async () => {
  await using host = new TestHost();
  const [one, other] = [await host.newDatabase(), await host.newDatabase()];
  await host.pipeline(other, ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (7)', CLOSE]);
  const rights = { ...FULL, attach: [{ name: 'other', databaseId: other.databaseId }] };
  const allowed = await host.pipeline(
    one,
    ['ATTACH other AS o', 'SELECT a FROM o.t', 'INSERT INTO o.t VALUES (8)'],
    null,
    { rights },
  );
  expect(allowed.results.map(({ type }) => type)).toEqual(['ok', 'ok', 'error']);
  const refused = await host.pipeline(one, ['ATTACH other AS o']);
  expect(refused.results[0]?.type).toBe('error');
  expect(await host.values(other, 'SELECT a FROM t')).toEqual(['7']);
});

test('what is read and written is told to the gateway, per instance, with the heaviest statements', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  await host.pipeline(database, ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1), (2), (3)', 'SELECT * FROM t', CLOSE]);
  const usage = await host.event((event) => event.type === 'usage' && event.databaseId === database.databaseId);
  expect(usage).toMatchObject({ location: 'local', rowsRead: expect.any(Number), rowsWritten: expect.any(Number) });
  expect(usage).not.toMatchObject({ rowsWritten: 0 });
  await host.pipeline(database, [{ type: 'sequence', sql: 'SELECT a FROM t; SELECT 1' }, CLOSE]);
  await host.event((event) => event.type === 'top_query' && event.sql === 'SELECT a FROM t');
  const top = await host.event((event) => event.type === 'top_query' && event.sql === 'SELECT * FROM t');
  expect(top).toMatchObject({ rowsRead: 3, rowsWritten: 0 });
});

test.skipIf(process.platform !== 'linux')(
  'a host keeps no more databases open than it may, and each answers when it is asked again',
  async () => {
    await using host = new TestHost({ maxOpenDatabases: 10 });
    const databases = await Promise.all(Array.from({ length: 100 }, async () => await host.newDatabase()));
    for (const [index, database] of databases.entries()) {
      await host.pipeline(database, ['CREATE TABLE t (a)', `INSERT INTO t VALUES (${index})`, CLOSE]);
    }
    const open = readdirSync(`/proc/${host.pid}/fd`).map((fd) => readlinkOf(`/proc/${host.pid}/fd/${fd}`));
    const files = new Set(open.filter((file) => file.startsWith(host.dataDir) && file.endsWith('/primary.db')));
    expect(files.size).toBeLessThanOrEqual(11);
    const counted = await Promise.all(
      databases.map(async (database) => (await host.values(database, 'SELECT a FROM t'))[0]),
    );
    expect(counted).toEqual(databases.map((_, index) => String(index)));
  },
);

/** Empty for a handle that was closed meanwhile. */
function readlinkOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

test('a damaged database fails alone', async () => {
  await using host = new TestHost();
  const [damaged, sound] = [await host.newDatabase(), await host.newDatabase()];
  const file = path.join(host.folder(damaged), 'primary.db');
  // The header stays; the page's tree behind it does not.
  writeFileSync(file, readFileSync(file).fill(0xff, 100));
  const { results, message } = await host.pipeline(damaged, ['SELECT * FROM t', CLOSE]);
  expect(results[0]?.error?.message ?? message).toMatch(/malformed/);
  expect(await host.values(sound, 'SELECT 1')).toEqual(['1']);
});
