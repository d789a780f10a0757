import { expect, test } from 'vitest';

import { SqlError } from './statement.ts';
import { FULL, newDatabase, READ, scopeOf, stmt } from './testing.ts';

const full = scopeOf();

test('values of every kind come back exactly', async () => {
  const connection = newDatabase().connect();
  await connection.execute(stmt('CREATE TABLE t (a)'), full);
  const values = [
    null,
    0n,
    9223372036854775807n,
    -9223372036854775808n,
    1.5,
    3,
    -0.5,
    '',
    'a\0b',
    'ü€😀',
    new Uint8Array(),
    new Uint8Array(1_000_000).fill(7),
  ];
  for (const value of values) {
    await connection.execute(stmt('INSERT INTO t VALUES (?)', [value]), full);
  }
  const { rows } = await connection.execute(stmt('SELECT a, typeof(a) FROM t ORDER BY rowid'), full);
  expect(rows.map(([value]) => value)).toEqual(values);
  expect(rows.map(([, type]) => type).slice(0, 8)).toEqual([
    'null',
    'integer',
    'integer',
    'integer',
    'real',
    'real',
    'real',
    'text',
  ]);
});

test('invalid UTF-8, a thousand columns and a megabyte of SQL are answered', async () => {
  const connection = newDatabase().connect();
  expect((await connection.execute(stmt("SELECT CAST(x'ff' AS TEXT)"), full)).rows).toHaveLength(1);
  const columns = Array.from({ length: 1_000 }, (_, index) => `${index} AS c${index}`).join(',');
  expect((await connection.execute(stmt(`SELECT ${columns}`), full)).cols).toHaveLength(1_000);
  const long = 'x'.repeat(1_000_000);
  expect((await connection.execute(stmt(`SELECT '${long}'`), full)).rows).toEqual([[long]]);
});

test('effects are counted as clients expect them', async () => {
  const connection = newDatabase().connect();
  const created = await connection.execute(stmt('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)'), full);
  expect(created).toMatchObject({ affectedRowCount: 0, lastInsertRowid: null, rows: [], cols: [] });
  expect(await connection.execute(stmt("INSERT INTO t (a) VALUES ('x'), ('y')"), full)).toMatchObject({
    affectedRowCount: 2,
    lastInsertRowid: 2n,
    rowsWritten: 2,
  });
  expect(await connection.execute(stmt("INSERT INTO t (a) VALUES ('z') RETURNING id, a"), full)).toMatchObject({
    affectedRowCount: 1,
    lastInsertRowid: 3n,
    rows: [[3n, 'z']],
    cols: [
      { name: 'id', decltype: 'INTEGER' },
      { name: 'a', decltype: 'TEXT' },
    ],
  });
  expect(await connection.execute(stmt('UPDATE t SET a = a || ?', ['!']), full)).toMatchObject({
    affectedRowCount: 3,
    lastInsertRowid: null,
  });
  expect(await connection.execute(stmt('WITH d AS (SELECT 1 AS id) DELETE FROM t WHERE id IN d'), full)).toMatchObject({
    affectedRowCount: 1,
    lastInsertRowid: null,
  });
  expect(await connection.execute(stmt('SELECT * FROM t'), full)).toMatchObject({ affectedRowCount: 0 });
});

test.each([
  ['SELECT ?, ?', ['a', 'b'], [], ['a', 'b']],
  ['SELECT ?2, ?1', ['a', 'b'], [], ['b', 'a']],
  ['SELECT :x, @y, $z', ['a', 'b', 'c'], [], ['a', 'b', 'c']],
  ['SELECT :x, :x, ?', ['a', 'b'], [], ['a', 'a', 'b']],
  ['SELECT :b, :a, ?1', ['a', 'b'], [], ['a', 'b', 'a']],
  [
    'SELECT :x, @y',
    [],
    [
      { name: ':x', value: 1n },
      { name: 'y', value: 2n },
    ],
    [1n, 2n],
  ],
])('%s takes its arguments', async (sql, args, namedArgs, row) => {
  const connection = newDatabase().connect();
  expect((await connection.execute(stmt(sql, args, namedArgs), full)).rows).toEqual([row]);
});

test.each([
  ['SELECT ?', [], [], 'ARGS_INVALID'],
  ['SELECT ?', ['a', 'b'], [], 'ARGS_INVALID'],
  ['SELECT :a', [], [{ name: ':b', value: null }], 'ARGS_INVALID'],
  ['SELECT ?', ['a'], [{ name: ':b', value: null }], 'ARGS_BOTH_POSITIONAL_AND_NAMED'],
  ['', [], [], 'SQL_NO_STATEMENT'],
  [' ; -- nothing', [], [], 'SQL_NO_STATEMENT'],
  ['SELECT 1; SELECT 2', [], [], 'SQL_MANY_STATEMENTS'],
  ['SELEC 1', [], [], 'SQL_PARSE_ERROR'],
  ['SELECT (', [], [], 'SQL_PARSE_ERROR'],
  ['SELECT 1\0', [], [], 'SQL_PARSE_ERROR'],
  ['SELECT * FROM missing', [], [], 'SQLITE_UNKNOWN'],
  ['SELECT missing', [], [], 'SQL_INPUT_ERROR'],
  ['SELECT abs(-9223372036854775807 - 1)', [], [], 'SQLITE_UNKNOWN'],
])('%s is refused', async (sql, args, namedArgs, code) => {
  const connection = newDatabase().connect();
  await expect(connection.execute(stmt(sql, args, namedArgs), full)).rejects.toMatchObject({ code });
});

test('a constraint says which, and the database stays usable', async () => {
  const connection = newDatabase().connect();
  await connection.sequence('CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)', full);
  await expect(connection.execute(stmt('INSERT INTO t VALUES (1)'), full)).rejects.toMatchObject({
    code: 'SQLITE_CONSTRAINT',
    extendedCode: 'SQLITE_CONSTRAINT_UNIQUE',
    message: 'SQLite error: UNIQUE constraint failed: t.a',
  });
  expect((await connection.execute(stmt('INSERT INTO t VALUES (2)'), full)).affectedRowCount).toBe(1);
});

const FORBIDDEN = [
  "ATTACH '/etc/passwd' AS x",
  "ATTACH DATABASE 'file:/etc/passwd?mode=ro' AS x",
  "ATTACH (SELECT 'x') AS y",
  'ATTACH other AS x',
  'VACUUM',
  "VACUUM INTO '/tmp/copy.db'",
  "SELECT load_extension('x')",
  "SELECT readfile('/etc/passwd')",
  'PRAGMA writable_schema=1',
  'PRAGMA wal_checkpoint',
  'PRAGMA query_only = ON',
  'PRAGMA recursive_triggers = ON',
  'PRAGMA max_page_count = 1',
  'PRAGMA secure_delete = OFF',
  'ANALYZE',
  'CREATE TEMP TABLE x (a)',
  'CREATE TABLE temp.x (a)',
  'CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END',
  'CREATE VIRTUAL TABLE x USING csv(filename="/etc/passwd")',
  'CREATE VIRTUAL TABLE x USING dbstat',
  "INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 0, '')",
];

test.each(FORBIDDEN)('%s is refused, also in a sequence and when it is only described', async (sql) => {
  const connection = newDatabase().connect();
  await connection.execute(stmt('CREATE TABLE t (a)'), full);
  await expect(connection.execute(stmt(sql), full)).rejects.toBeInstanceOf(SqlError);
  await expect(connection.query(stmt(sql), full)).rejects.toBeInstanceOf(SqlError);
  await expect(connection.sequence(`SELECT 1; ${sql}`, full)).rejects.toBeInstanceOf(SqlError);
  expect(() => connection.describe(sql, full)).toThrow(SqlError);
  const { rows } = await connection.execute(stmt('SELECT name FROM sqlite_master'), full);
  expect(rows).toEqual([['t']]);
});

test.each([
  'CREATE TABLE u (a, CHECK (a > 0))',
  'CREATE INDEX i ON t (a)',
  'CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN a THEN 1 ELSE 2 END; SELECT 1; END',
  'CREATE VIEW v AS SELECT * FROM t',
  'CREATE VIRTUAL TABLE f USING fts5(x)',
  'CREATE VIRTUAL TABLE r USING rtree(id, a, b)',
  'ALTER TABLE t ADD COLUMN b',
  'ALTER TABLE t RENAME TO u',
  'ALTER TABLE t RENAME COLUMN a TO b',
  'REINDEX',
  'PRAGMA user_version = 5',
  'EXPLAIN QUERY PLAN INSERT INTO t VALUES (1)',
  'BEGIN READONLY',
  'BEGIN TRANSACTION READONLY',
  'BEGIN CONCURRENT',
  "SELECT * FROM pragma_table_info('t')",
  'PRAGMA table_info(t)',
  'PRAGMA foreign_keys = OFF',
  'PRAGMA journal_mode',
])('%s is allowed', async (sql) => {
  const connection = newDatabase().connect();
  await connection.execute(stmt('CREATE TABLE t (a)'), full);
  await expect(connection.execute(stmt(sql), full)).resolves.toBeDefined();
});

test.each([
  'INSERT INTO t VALUES (1)',
  'UPDATE t SET a = 1',
  'DELETE FROM t',
  'DROP TABLE t',
  'CREATE TABLE u (a)',
  'CREATE INDEX i ON t (a)',
  'ALTER TABLE t ADD COLUMN b',
  'PRAGMA user_version = 5',
  'WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x',
  'REINDEX t',
  'INSERT INTO t VALUES (1) RETURNING a',
])('a read-only token cannot run %s', async (sql) => {
  const connection = newDatabase().connect();
  await connection.execute(stmt('CREATE TABLE t (a)'), full);
  const read = scopeOf(READ);
  await expect(connection.execute(stmt(sql), read)).rejects.toMatchObject({ kind: 'forbidden' });
  // Compiled before with all rights, it must not be found in the cache.
  await connection.sequence(`BEGIN; ${sql}; ROLLBACK`, full);
  await expect(connection.execute(stmt(sql), read)).rejects.toMatchObject({ kind: 'forbidden' });
});

test('a grant reaches as far as its tables and actions, and no further', async () => {
  const connection = newDatabase().connect();
  await connection.sequence('CREATE TABLE a (x); CREATE TABLE b (x); CREATE VIEW v AS SELECT * FROM b', full);
  const granted = scopeOf({
    ...FULL,
    level: 'grants',
    grants: [
      { tables: ['A'], actions: ['data_read', 'data_add'] },
      { tables: null, actions: ['schema_add'] },
    ],
  });
  for (const sql of [
    'SELECT * FROM a',
    'INSERT INTO a VALUES (1)',
    'CREATE TABLE c (x)',
    'SELECT name FROM sqlite_master',
  ]) {
    await connection.execute(stmt(sql), granted);
  }
  for (const sql of [
    'SELECT * FROM b',
    'SELECT * FROM v',
    'DELETE FROM a',
    'UPDATE a SET x = 2',
    'DROP TABLE a',
    'INSERT INTO a SELECT * FROM b',
  ]) {
    await expect(connection.execute(stmt(sql), granted)).rejects.toMatchObject({ kind: 'forbidden' });
  }
});

test('blocked reads and writes are refused with their code, and ending a transaction is not', async () => {
  const connection = newDatabase().connect();
  await connection.sequence('CREATE TABLE t (a); BEGIN', full);
  await expect(connection.execute(stmt('SELECT 1'), scopeOf(FULL, { blockReads: true }))).rejects.toMatchObject({
    code: 'BLOCKED',
  });
  const blocked = scopeOf(FULL, { blockWrites: true });
  await expect(connection.execute(stmt('INSERT INTO t VALUES (1)'), blocked)).rejects.toMatchObject({
    code: 'BLOCKED',
  });
  await connection.execute(stmt('SELECT 1'), blocked);
  await connection.execute(stmt('COMMIT'), blocked);
  expect(connection.isAutocommit).toBe(true);
});

test('a size limit ends growth with SQLITE_FULL, and lifting it lets it go on', async () => {
  const connection = newDatabase().connect();
  await connection.execute(stmt('CREATE TABLE t (a)'), full);
  const limited = scopeOf(FULL, { sizeLimitBytes: 100_000 });
  const insert = stmt('INSERT INTO t VALUES (zeroblob(200000))');
  await expect(connection.execute(insert, limited)).rejects.toMatchObject({ code: 'SQLITE_FULL' });
  expect((await connection.execute(insert, full)).affectedRowCount).toBe(1);
});

test('a read-only transaction cannot write', async () => {
  const connection = newDatabase().connect();
  await connection.sequence('CREATE TABLE t (a); BEGIN READONLY', full);
  await expect(connection.execute(stmt('INSERT INTO t VALUES (1)'), full)).rejects.toMatchObject({
    code: 'SQLITE_READONLY',
  });
  await connection.sequence('COMMIT; INSERT INTO t VALUES (1)', full);
  expect(connection.isAutocommit).toBe(true);
});

test('rows are pulled in pieces, and the columns are those of the schema as it is now', async () => {
  const database = newDatabase();
  const connection = database.connect();
  await connection.sequence(
    'CREATE TABLE t (a); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i FROM n',
    full,
  );
  const select = stmt('SELECT * FROM t');
  expect((await connection.execute(select, full)).rows).toHaveLength(5_000);
  await database.connect().execute(stmt("ALTER TABLE t ADD COLUMN b DEFAULT 'x'"), full);
  const source = await connection.query(select, full);
  expect(source.cols.map(({ name }) => name)).toEqual(['a', 'b']);
  const rows = [];
  while (!source.done) {
    const part = source.next(100, 1_000_000);
    expect(part.length).toBeLessThanOrEqual(100);
    rows.push(...part);
  }
  expect(rows).toHaveLength(5_000);
  expect(rows[4_999]).toEqual([5_000n, 'x']);
  expect(source.effect().rowsRead).toBeGreaterThanOrEqual(4_999);
});

test('a result beyond the limit is refused, however it is run', async () => {
  const connection = newDatabase().connect();
  const big = { ...stmt('SELECT zeroblob(1000000)'), maxBytes: 1_000 };
  await expect(connection.execute(big, full)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  await connection.execute({ ...big, maxBytes: 10_000_000 }, full);
  await expect(connection.execute(big, full)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
});

test('describe tells parameters, columns and whether it only reads', async () => {
  const connection = newDatabase().connect();
  await connection.execute(stmt('CREATE TABLE t (a INTEGER)'), full);
  expect(connection.describe('SELECT a AS x FROM t WHERE a = :p AND a > ?', full)).toEqual({
    params: [{ name: ':p' }, { name: null }],
    cols: [{ name: 'x', decltype: 'INTEGER' }],
    isExplain: false,
    isReadonly: true,
  });
  expect(connection.describe('INSERT INTO t VALUES (?5)', full)).toMatchObject({ isReadonly: false });
  expect(connection.describe('EXPLAIN SELECT 1', full)).toMatchObject({ isExplain: true, isReadonly: true });
});

test('only plain reads in autocommit are plain reads', async () => {
  const connection = newDatabase().connect();
  await connection.execute(stmt('CREATE TABLE t (a)'), full);
  expect(connection.isPlainRead('SELECT 1; SELECT * FROM t', full)).toBe(true);
  for (const sql of [
    '',
    'INSERT INTO t VALUES (1)',
    'SELECT 1; DELETE FROM t',
    'BEGIN',
    'PRAGMA foreign_keys=0',
    'nonsense',
  ]) {
    expect(connection.isPlainRead(sql, full)).toBe(false);
  }
  await connection.execute(stmt('BEGIN'), full);
  expect(connection.isPlainRead('SELECT 1', full)).toBe(false);
});

test('a pragma takes effect when it is run, and only then', async () => {
  const connection = newDatabase().connect();
  const on = stmt('PRAGMA foreign_keys = ON');
  const off = stmt('PRAGMA foreign_keys = OFF');
  const state = async (): Promise<unknown> =>
    (await connection.execute(stmt('PRAGMA foreign_keys'), full)).rows[0]?.[0];
  connection.parses(off.sql, full);
  connection.isPlainRead(off.sql, full);
  connection.describe(off.sql, full);
  expect(await state()).toBe(1n);
  for (const [pragma, value] of [
    [off, 0n],
    [on, 1n],
    [off, 0n],
  ] as const) {
    await connection.execute(pragma, full);
    expect(await state()).toBe(value);
  }
});

test.each(['CREATE INDEX j ON u (a)', 'BEGIN', 'PRAGMA foreign_keys = OFF'])(
  'a statement that was run before %s is right about a table that another stream has altered since',
  async (between) => {
    const database = newDatabase();
    // A stream that has written, on the connection that the next one gets.
    const before = database.connect();
    await before.sequence('CREATE TABLE t (a, b); CREATE TABLE u (a)', full);
    before.close();
    const connection = database.connect();
    const other = database.connect();
    const insert = stmt('INSERT INTO t VALUES (?, ?)', [1n, 2n]);
    await connection.execute(insert, full);
    await connection.sequence('DROP TABLE t; CREATE TABLE t (a)', full);
    connection.close();
    const next = database.connect();
    await next.execute(stmt(between), full);
    await next.execute(stmt('SELECT a FROM t'), full);
    await next.sequence(between === 'BEGIN' ? 'COMMIT' : 'SELECT 1', full);
    await other.sequence('DROP TABLE t; CREATE TABLE t (a, b)', full);
    expect(await next.execute(insert, full)).toMatchObject({ affectedRowCount: 1 });
  },
);
