import { DatabaseSync } from 'node:sqlite';

import type { Value } from '@skerry/hrana/shared/proto';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { OpenDatabase } from './open-database.ts';
import { SqlError } from './statement.ts';
import type { Scope } from './statement.ts';
import { contentOf, openPlain, runPlain, sqliteWords, statement } from './testing-statements.ts';
import { newDatabase, scopeOf, stmt } from './testing.ts';
import type { Shared } from './write-group.ts';

const full = scopeOf();
const INSERT = 'INSERT INTO t (id, a) VALUES (?, ?)';

// What takes long is not for a group; here nothing does, however busy the machine is.
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

interface Opened {
  readonly database: OpenDatabase;
  readonly commits: () => number;
}

/** With the statements known, as after their first run. */
async function opened(schema: string, ...known: [sql: string, args: Value[]][]): Promise<Opened> {
  let commits = 0;
  const database = newDatabase({ commits: { committed: () => void (commits += 1) } });
  const connection = database.connect();
  await connection.sequence(schema, full);
  for (const [sql, args] of known) {
    await connection.execute(stmt(sql, args), full);
  }
  connection.close();
  commits = 0;
  return { database, commits: () => commits };
}

async function openedTable(): Promise<Opened> {
  return await opened('CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)', [INSERT, [0n, 'zero']]);
}

/** As a request does that brings one statement. */
function share(database: OpenDatabase, sql: string, args: Value[] = [], scope: Scope = full): Shared | undefined {
  const connection = database.connect();
  const shared = connection.executeShared(stmt(sql, args), scope);
  connection.close();
  return shared;
}

async function idsOf(database: OpenDatabase): Promise<unknown[]> {
  const connection = database.connect();
  const { rows } = await connection.execute(stmt('SELECT id FROM t ORDER BY id'), full);
  connection.close();
  return rows.map(([id]) => Number(id));
}

function codeOf(shared: Shared | undefined): string | undefined {
  return shared?.outcome instanceof SqlError ? shared.outcome.code : undefined;
}

async function overOf(shared: readonly (Shared | undefined)[]): Promise<boolean[]> {
  return await Promise.all(shared.flatMap((one) => (one === undefined ? [] : [one.over])));
}

test('writes that come together share one commit, and nobody sees them before', async () => {
  const { database, commits } = await openedTable();
  const reader = database.connect();
  const count = (): unknown => reader.executeNow(stmt('SELECT count(*) FROM t'), full)?.rows[0]?.[0];
  const shared = [1n, 2n, 3n].map((id) => share(database, INSERT, [id, `a${id}`]));
  expect(shared.map((one) => one?.outcome)).toMatchObject(
    [1n, 2n, 3n].map((id) => ({ affectedRowCount: 1, lastInsertRowid: id, rowsWritten: 1 })),
  );
  expect([count(), commits()]).toEqual([1n, 0]);
  expect(await overOf(shared)).toEqual([true, true, true]);
  expect([count(), commits()]).toEqual([4n, 1]);
});

test('one that fails leaves the others as they are', async () => {
  const { database } = await openedTable();
  const shared = [1n, 0n, 2n, 2n, 3n].map((id) => share(database, INSERT, [id, `a${id}`]));
  expect(shared.map(codeOf)).toEqual([undefined, 'SQLITE_CONSTRAINT', undefined, 'SQLITE_CONSTRAINT', undefined]);
  expect(codeOf(share(database, INSERT, [9n]))).toBe('ARGS_INVALID');
  expect(await shared[1]?.over).toBe(true);
  expect(await idsOf(database)).toEqual([0, 1, 2, 3]);
});

test('a writer that comes by itself has the lock at once, after the group', async () => {
  const { database, commits } = await openedTable();
  const shared = share(database, INSERT, [1n, 'a']);
  const other = database.connect();
  expect(other.executeNow(stmt('UPDATE t SET a = id'), full)?.affectedRowCount).toBe(2);
  expect(commits()).toBe(2);
  expect(await shared?.over).toBe(true);
  other.executeNow(stmt('BEGIN IMMEDIATE'), full);
  expect(share(database, INSERT, [2n, 'b'])).toBeUndefined();
});

test('when the database is closed, its group is committed', async () => {
  const { database } = await openedTable();
  const shared = share(database, INSERT, [1n, 'a']);
  database.close();
  expect(await shared?.over).toBe(true);
  using file = new DatabaseSync(database.options.path);
  expect(file.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 2 });
});

test('a group that is lost has not happened, for none of its members', async () => {
  const { database, commits } = await openedTable();
  const small = scopeOf(undefined, { sizeLimitBytes: 40_000 });
  const shared = [1n, 2n].map((id) => share(database, INSERT, [id, `a${id}`], small));
  const large = share(database, INSERT, [3n, Buffer.alloc(100_000)], small);
  expect(codeOf(large)).toBe('SQLITE_FULL');
  const later = share(database, INSERT, [4n, 'later'], small);
  expect(await overOf([...shared, large])).toEqual([false, false, false]);
  expect(await later?.over).toBe(true);
  expect(await idsOf(database)).toEqual([0, 4]);
  expect(commits()).toBe(1);
});

test('a group does not grow without end, and does not last', async () => {
  const { database, commits } = await openedTable();
  const shared = Array.from({ length: 200 }, (_, id) => share(database, INSERT, [BigInt(id + 1), `a${id}`]));
  expect(commits()).toBe(3);
  vi.advanceTimersByTime(10);
  shared.push(share(database, INSERT, [300n, 'late']));
  expect(commits()).toBe(4);
  expect(await overOf(shared)).toEqual(Array.from({ length: 201 }, () => true));
  expect(commits()).toBe(5);
  expect(await idsOf(database)).toHaveLength(202);
});

test.each<[string, string, string, Scope]>([
  ['is not known yet', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a)', 'INSERT INTO t VALUES (99, NULL)', full],
  ['reads', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a)', 'SELECT * FROM t', full],
  ['changes the schema', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a)', 'CREATE TABLE IF NOT EXISTS u (a)', full],
  ['begins a transaction', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a)', 'BEGIN IMMEDIATE', full],
  [
    'may roll the transaction back',
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a)',
    'INSERT OR ROLLBACK INTO t (a) VALUES (1)',
    full,
  ],
  [
    'meets a constraint that does',
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE ON CONFLICT ROLLBACK)',
    'INSERT INTO t (a) VALUES (NULL)',
    full,
  ],
  [
    'meets a trigger that does',
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a);
      CREATE TRIGGER g BEFORE INSERT ON t WHEN new.a = 7 BEGIN SELECT RAISE(ROLLBACK, 'no'); END`,
    'INSERT INTO t (a) VALUES (1)',
    full,
  ],
  [
    'has keys that are checked at the end',
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)',
    'INSERT INTO t (a) VALUES (NULL)',
    full,
  ],
  [
    'is blocked',
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a)',
    'INSERT INTO t (a) VALUES (1)',
    scopeOf(undefined, { blockWrites: true }),
  ],
  [
    'asks what its stream has changed',
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a)',
    'INSERT INTO t (a) VALUES (total_changes())',
    full,
  ],
])('a statement that %s is run by itself', async (what, schema, sql, scope) => {
  const { database, commits } = await opened(
    schema,
    ...(what === 'is not known yet' ? [] : [[sql, []] as [string, Value[]]]),
  );
  expect(share(database, sql, [], scope)).toBeUndefined();
  const other = database.connect();
  expect(other.executeNow(stmt('INSERT INTO t (id) VALUES (1000)'), full)?.affectedRowCount).toBe(1);
  expect(commits()).toBe(1);
});

test('a trigger that comes to roll back, made by somebody else, is heeded', async () => {
  const { database } = await openedTable();
  expect(await share(database, INSERT, [1n, 'a'])?.over).toBe(true);
  const other = database.connect();
  await other.sequence(
    `CREATE TRIGGER g BEFORE INSERT ON t WHEN new.a = 'x' BEGIN SELECT RAISE(ROLLBACK, 'no'); END`,
    full,
  );
  expect(share(database, INSERT, [2n, 'b'])).toBeUndefined();
  await other.execute(stmt('DROP TRIGGER g'), full);
  await other.execute(stmt(INSERT, [3n, 'c']), full);
  other.close();
  expect(await share(database, INSERT, [2n, 'b'])?.over).toBe(true);
});

const SCHEMA = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a INT CHECK (a IS NOT 3), b TEXT NOT NULL DEFAULT 'b', c);
  CREATE TABLE u (id INTEGER PRIMARY KEY REFERENCES t (id), a REAL UNIQUE, b NUMERIC, c BLOB);
  CREATE TABLE log (x);
  CREATE TRIGGER added AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END;
  CREATE VIRTUAL TABLE f USING fts5 (x);
`;

/** Other inserts may insert nothing, and then tell what their connection inserted before. */
function isPlainInsert(sql: string): boolean {
  return sql.startsWith('INSERT INTO') && !sql.includes('CONFLICT') && !sql.includes('SELECT');
}

test('in a group every statement does exactly what it does in SQLite by itself', async () => {
  const writes = statement.filter(({ sql }) => /^(?:INSERT|REPLACE|UPDATE|DELETE)/.test(sql));
  let sharedCount = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(writes, { minLength: 10, maxLength: 60 }), async (steps) => {
      const database = newDatabase();
      using plain = openPlain();
      await database.connect().sequence(SCHEMA, full);
      plain.exec(SCHEMA);
      const waiting: Promise<boolean>[] = [];
      // Twice: known the second time.
      for (const step of [...steps, ...steps]) {
        const shared = share(database, step.sql, [...step.args]);
        const connection = database.connect();
        if (shared !== undefined) {
          waiting.push(shared.over);
          sharedCount += 1;
        }
        let outcome: object;
        try {
          const result = shared?.outcome ?? (await connection.execute(stmt(step.sql, step.args), full));
          if (result instanceof SqlError) {
            throw result;
          }
          const { rows, cols, affectedRowCount: changes, lastInsertRowid } = result;
          outcome = { rows, cols, changes, lastInsertRowid: isPlainInsert(step.sql) ? lastInsertRowid : null };
        } catch (error) {
          outcome = { error: sqliteWords(error instanceof SqlError ? error.message : String(error)) };
        }
        connection.close();
        const { inTransaction: _, lastInsertRowid, ...rest } = runPlain(plain, step);
        const expected =
          'error' in rest ? rest : { ...rest, lastInsertRowid: isPlainInsert(step.sql) ? lastInsertRowid : null };
        expect({ sql: step.sql, ...outcome }).toEqual({ sql: step.sql, ...expected });
      }
      expect(await Promise.all(waiting)).toEqual(waiting.map(() => true));
      database.close();
      using file = new DatabaseSync(database.options.path, { readBigInts: true, returnArrays: true });
      expect(contentOf(file)).toEqual(contentOf(plain));
    }),
    { numRuns: 40 },
  );
  expect(sharedCount).toBeGreaterThan(200);
});
