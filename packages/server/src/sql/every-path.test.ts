import { expect, test } from 'vitest';

import type { Grant, Rights } from '../relay/rights.ts';
import type { Connection } from './connection.ts';
import type { OpenDatabase } from './open-database.ts';
import { SqlError } from './statement.ts';
import type { Scope } from './statement.ts';
import { FULL, newDatabase, READ, scopeOf, stmt } from './testing.ts';

type Outcome = 'runs' | 'forbidden' | 'unsupported';

function grants(...list: readonly Grant[]): Rights {
  return { ...FULL, level: 'grants', grants: list };
}

const TOKENS = {
  full: FULL,
  read: READ,
  'reads t': grants({ tables: ['t'], actions: ['data_read'] }),
  'adds to t': grants({ tables: ['t'], actions: ['data_add'] }),
  'makes tables': grants({ tables: null, actions: ['schema_add'] }),
  nothing: grants(),
} as const satisfies Record<string, Rights>;
type Token = keyof typeof TOKENS;

const ALL = Object.keys(TOKENS) as Token[];
/** Each statement, and the tokens with which it runs; undefined when it runs with none. */
const STATEMENTS: readonly [sql: string, tokens: readonly Token[] | undefined][] = [
  ['SELECT 1', ALL],
  ['SELECT name FROM sqlite_schema', ALL],
  ['SELECT * FROM t', ['full', 'read', 'reads t']],
  ['WITH x AS (SELECT a FROM t) SELECT * FROM x', ['full', 'read', 'reads t']],
  ['EXPLAIN SELECT * FROM t', ['full', 'read', 'reads t']],
  ['EXPLAIN INSERT INTO t VALUES (2)', ['full', 'read', 'reads t']],
  ['INSERT INTO t VALUES (2)', ['full', 'adds to t']],
  ['INSERT INTO t VALUES (2) RETURNING a', ['full']],
  ['REPLACE INTO t VALUES (2)', ['full']],
  ['UPDATE t SET a = 2', ['full']],
  ['DELETE FROM t', ['full']],
  ['CREATE TABLE n (a)', ['full', 'makes tables']],
  ['CREATE INDEX i ON t (a)', ['full', 'makes tables']],
  ['CREATE VIRTUAL TABLE n USING fts5(a)', ['full', 'makes tables']],
  ['ALTER TABLE t ADD COLUMN b', ['full']],
  ['DROP TABLE t', ['full']],
  ['PRAGMA table_info(t)', ALL],
  ['PRAGMA user_version', ALL],
  ['PRAGMA user_version = 3', ['full']],
  ['BEGIN', ALL],
  ['BEGIN IMMEDIATE', ALL],
  ['SAVEPOINT s', ALL],
  ['VACUUM', undefined],
  ['ANALYZE', undefined],
  ['PRAGMA synchronous = OFF', ALL],
  ['PRAGMA writable_schema = ON', undefined],
  ["ATTACH '/etc/passwd' AS x", undefined],
  ["SELECT load_extension('x')", undefined],
];

const PATHS: Readonly<Record<string, (connection: Connection, sql: string, scope: Scope) => Promise<void>>> = {
  execute: async (connection, sql, scope) => void (await connection.execute(stmt(sql), scope)),
  query: async (connection, sql, scope) => {
    const source = await connection.query(stmt(sql), scope);
    while (!source.done) {
      source.next(10, 1_000_000);
    }
  },
  sequence: async (connection, sql, scope) => await connection.sequence(`SELECT 1; ${sql};`, scope),
  describe: async (connection, sql, scope) => {
    connection.describe(sql, scope);
    await Promise.resolve();
  },
};

async function outcome(run: Promise<void>): Promise<Outcome> {
  try {
    await run;
    return 'runs';
  } catch (error) {
    if (error instanceof SqlError && error.kind === 'forbidden') {
      return 'forbidden';
    }
    if (error instanceof SqlError && error.message.includes('unsupported statement')) {
      return 'unsupported';
    }
    throw error;
  }
}

async function contentOf(connection: Connection): Promise<unknown> {
  const parts = ['SELECT * FROM t', 'SELECT name, sql FROM sqlite_schema', 'PRAGMA user_version'];
  return await Promise.all(parts.map(async (sql) => (await connection.execute(stmt(sql), scopeOf())).rows));
}

const CASES = STATEMENTS.flatMap(([sql, tokens]) =>
  ALL.flatMap((token) => {
    const expected = tokens === undefined ? 'unsupported' : tokens.includes(token) ? 'runs' : 'forbidden';
    return Object.entries(PATHS).map(([name, path]) => ({ sql, token, name, path, expected }));
  }),
);

async function filled(): Promise<OpenDatabase> {
  const database = newDatabase();
  await database.connect().sequence('CREATE TABLE t (a); INSERT INTO t VALUES (1)', scopeOf());
  return database;
}

test('every kind of token gets the same of each statement on every path, and what is refused changes nothing', async () => {
  const wrong: string[] = [];
  const untouched = await filled();
  const observer = untouched.connect();
  const before = await contentOf(observer);
  for (const { sql, token, name, path, expected } of CASES) {
    const changes = expected === 'runs' && name !== 'describe';
    const connection = (changes ? await filled() : untouched).connect();
    const scope = scopeOf(TOKENS[token]);
    // A batch asks this before anything runs; it leaves something in the cache of statements.
    const parses = await outcome((async () => connection.parses(sql, scope))());
    const first = await outcome(path(connection, sql, scope));
    const second = changes ? first : await outcome(path(connection, sql, scope));
    const found = `${first}, ${second}, parses: ${parses}`;
    const parsing: Outcome = expected === 'unsupported' ? expected : 'runs';
    if (found !== `${expected}, ${expected}, parses: ${parsing}`) {
      wrong.push(`${sql} / ${token} / ${name}: ${found}`);
    }
    connection.close();
  }
  expect(wrong).toEqual([]);
  expect(await contentOf(observer)).toEqual(before);
});
