import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';

import { dumpDatabase } from './dump.ts';
import { addFunctions } from './functions/functions.ts';
import { runPlain, SCHEMA, statement } from './testing-statements.ts';
import type { Step } from './testing-statements.ts';

const hasProgram = spawnSync('sqlite3', ['--version']).status === 0;

function newPath(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-dump-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return path.join(folder, 'source.db');
}

/** A file with this content, and the text of its dump. */
function dumpOf(sql: string, preserveRowids = false): { file: string; text: string } {
  const file = newPath();
  const db = new DatabaseSync(file, { defensive: false });
  addFunctions(db);
  db.exec(`PRAGMA journal_mode = WAL; ${sql}`);
  db.close();
  return { file, text: [...dumpDatabase(file, { preserveRowids })].join('') };
}

/** Loads a dump with the SQLite that this Node has. */
function load(text: string): DatabaseSync {
  const file = newPath();
  const loading = new DatabaseSync(file, { defensive: false });
  loading.exec(text);
  loading.close();
  const db = new DatabaseSync(file, { readBigInts: true, returnArrays: true });
  onTestFinished(() => db.close());
  return db;
}

function all(db: DatabaseSync, sql: string): unknown[] {
  return db.prepare(sql).all();
}

/** Loads a dump with the `sqlite3` program. */
function loadWithProgram(text: string): DatabaseSync {
  const file = newPath();
  const { status, stderr } = spawnSync('sqlite3', ['-bail', file], { input: text, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const db = new DatabaseSync(file, { readBigInts: true, returnArrays: true });
  onTestFinished(() => db.close());
  return db;
}

/** Everything that can be seen of a database: the schema as written, and the rows of every table with exact values. */
function content(db: DatabaseSync): unknown {
  const schema = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all();
  const names = (schema as unknown as string[][]).filter(([type]) => type === 'table').map(([, name]) => name);
  const tables = names.map((name) => [name, db.prepare(`SELECT * FROM "${name?.replaceAll('"', '""')}"`).all()]);
  return { schema, tables, check: db.prepare('PRAGMA integrity_check').all() };
}

const EVERYTHING = `
  CREATE TABLE "odd ""name" ("a b" TEXT, "select", [c] BLOB DEFAULT (x'00'));
  INSERT INTO "odd ""name" VALUES ('it''s', NULL, x'00ff'), ('', '', x''), ('a
b', 'ü€😀', zeroblob(100000)), (CAST(x'610062' AS TEXT), 'a' || char(13, 10) || 'b', 1),
    (CAST(x'ff41' AS TEXT), char(65533), 'unistr \\u0041');
  CREATE TABLE numbers (a INTEGER, b REAL, c);
  INSERT INTO numbers VALUES (9223372036854775807, 1e300, 5e-324), (-9223372036854775808, 0.1, 3.0), (0, 3, 9e999),
    (1, -1e999, 1.7976931348623157e308), (2, 123456789012345680.0, '12');
  CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE);
  INSERT INTO counted (a) VALUES ('x'), ('y'); DELETE FROM counted WHERE a = 'y';
  CREATE TABLE parent (id TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO parent VALUES ('p'), (CAST(x'fe' AS TEXT));
  CREATE TABLE strict_one (a INT PRIMARY KEY, b ANY) STRICT; INSERT INTO strict_one VALUES (1, '1'), (2, 1), (3, 1.0);
  CREATE TABLE made (a, b GENERATED ALWAYS AS (a * 2) VIRTUAL, c AS (a + 1) STORED, d); INSERT INTO made VALUES (1, 2);
  CREATE TABLE log (x); CREATE TABLE rows_of (y);
  CREATE TRIGGER t AFTER INSERT ON rows_of BEGIN INSERT INTO log VALUES (CASE WHEN new.y THEN 'a;b' ELSE 1 END); END;
  INSERT INTO rows_of VALUES (1);
  CREATE VIEW later AS SELECT * FROM earlier; CREATE VIEW earlier AS SELECT 1 AS one;
  CREATE INDEX i ON numbers (a DESC) WHERE a > 0; CREATE UNIQUE INDEX "i 2" ON numbers (a + 1, b COLLATE NOCASE);
  CREATE TABLE empty_one (a -- with a comment
  );
  CREATE VIRTUAL TABLE words USING fts5(title, body, tokenize = 'porter'); INSERT INTO words VALUES ('it''s', 'running');
  CREATE VIRTUAL TABLE bare USING fts5(x, content = ''); INSERT INTO bare (rowid, x) VALUES (7, 'found');
  CREATE VIRTUAL TABLE places USING rtree(id, x0, x1, +name); INSERT INTO places VALUES (1, 0.1, 0.2, 'here');
  ANALYZE;
`;

test('a dump loads into an equal database', () => {
  const { file, text } = dumpOf(EVERYTHING);
  const source = new DatabaseSync(file, { readBigInts: true, returnArrays: true });
  onTestFinished(() => source.close());
  const loaded = load(text);
  expect(content(loaded)).toEqual(content(source));
  expect(all(loaded, 'SELECT hex(CAST(a AS BLOB)) FROM (SELECT "a b" AS a FROM "odd ""name")')).toEqual([
    ['69742773'],
    [''],
    ['610A62'],
    ['610062'],
    ['FF41'],
  ]);
  expect(all(loaded, "SELECT title FROM words WHERE words MATCH 'run'")).toEqual([["it's"]]);
  expect(all(loaded, "SELECT rowid FROM bare WHERE bare MATCH 'found'")).toEqual([[7n]]);
  expect(all(loaded, 'SELECT name FROM places WHERE x0 > 0.05')).toEqual([['here']]);
  expect(all(loaded, 'SELECT hex(id) FROM parent ORDER BY 1')).toEqual([['70'], ['FE']]);
  expect(all(loaded, 'SELECT seq FROM sqlite_sequence')).toEqual([[2n]]);
  expect(all(loaded, 'SELECT typeof(b), typeof(c) FROM numbers LIMIT 1 OFFSET 1')).toEqual([['real', 'real']]);
});

test.runIf(hasProgram)('the sqlite3 program loads it into the same as what its own dump gives', () => {
  const { file, text } = dumpOf(EVERYTHING);
  // In a pipe: its dump writes bytes that are no UTF-8 as they are.
  const { stderr } = spawnSync('sh', ['-c', 'sqlite3 "$0" .dump | sqlite3 -bail "$0.copy"', file], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const theirs = new DatabaseSync(`${file}.copy`, { readBigInts: true, returnArrays: true });
  onTestFinished(() => theirs.close());
  const ours = loadWithProgram(text);
  // The program cuts text at NUL, and older ones write the smallest of numbers as 0.
  for (const db of [ours, theirs]) {
    db.exec('UPDATE "odd ""name" SET "a b" = 1 WHERE rowid = 4; UPDATE numbers SET c = 1 WHERE rowid = 1');
  }
  expect(content(ours)).toEqual(content(theirs));
});

/** What every release of the program writes and reads exactly: no NUL in text, no number of more than 15 digits or so
 * small that it is kept with fewer. */
const isWrittenByAll = ({ args }: Step): boolean =>
  args.every(
    (arg) =>
      (typeof arg !== 'string' || !arg.includes('\0')) &&
      (typeof arg !== 'number' ||
        !Number.isFinite(arg) ||
        (Number(arg.toPrecision(15)) === arg && (arg === 0 || Math.abs(arg) > 1e-300))),
  );

test.runIf(hasProgram)('whatever statements have made, the program loads both dumps into the same', () => {
  const more = `CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, x); CREATE VIEW v AS SELECT id, c FROM t;
    CREATE TABLE pairs (k TEXT, v ANY, twice TEXT AS (v || v), PRIMARY KEY (k, v)) STRICT, WITHOUT ROWID;
    CREATE INDEX some ON log (x) WHERE x > 1; CREATE INDEX made ON log (x + 1, abs(x) DESC);
    CREATE TRIGGER also AFTER INSERT ON t WHEN typeof(new.c) <> 'null' BEGIN
      INSERT INTO counted (x) VALUES (new.c); INSERT OR IGNORE INTO pairs VALUES (new.b, new.c); END`;
  fc.assert(
    fc.property(fc.array(statement.filter(isWrittenByAll), { minLength: 20, maxLength: 60 }), (steps) => {
      const file = newPath();
      const db = new DatabaseSync(file, { enableDoubleQuotedStringLiterals: true });
      db.exec(`PRAGMA journal_mode = WAL; ${SCHEMA}; ${more}`);
      for (const step of steps) {
        runPlain(db, step);
      }
      if (db.isTransaction) {
        db.exec('ROLLBACK');
      }
      db.close();
      const theirs = spawnSync('sqlite3', [file, '.dump'], { encoding: 'utf8' }).stdout;
      const ours = [...dumpDatabase(file)].join('');
      expect(content(loadWithProgram(ours))).toEqual(content(loadWithProgram(theirs)));
    }),
    { numRuns: 15 },
  );
});

test('any value comes back from a dump as it was', () => {
  const value = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(null, -(2n ** 63n), -0, '\r', '\0', "'", '\n--', '1', '\uFFFD'),
    fc.uint8Array(),
  );
  const rows = fc.array(fc.tuple(value, value), { minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(rows, fc.constantFrom('', 'STRICT', 'WITHOUT ROWID'), (values, kind) => {
      const type = kind === 'STRICT' ? 'ANY' : '';
      const db = new DatabaseSync(':memory:', { readBigInts: true, returnArrays: true });
      const copy = new DatabaseSync(':memory:', { readBigInts: true, returnArrays: true });
      try {
        db.exec(`CREATE TABLE t (id INT PRIMARY KEY, a ${type}, b ${type}) ${kind}`);
        for (const [index, row] of values.entries()) {
          db.prepare('INSERT INTO t VALUES (?, ?, ?)').run(index, ...row);
        }
        copy.exec([...dumpDatabase(db)].join(''));
        const select = 'SELECT a, typeof(a), b, typeof(b), hex(a) FROM t ORDER BY id';
        expect(all(copy, select)).toEqual(all(db, select));
      } finally {
        db.close();
        copy.close();
      }
    }),
    { numRuns: 50 },
  );
});

test('rowids are kept when asked for, and else counted anew', () => {
  const sql = 'CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (10, 1), (-5, 2)';
  expect(all(load(dumpOf(sql, true).text), 'SELECT rowid, a FROM t ORDER BY rowid')).toEqual([
    [-5n, 2n],
    [10n, 1n],
  ]);
  expect(all(load(dumpOf(sql).text), 'SELECT rowid, a FROM t ORDER BY rowid')).toEqual([
    [1n, 2n],
    [2n, 1n],
  ]);
});

test('rowids are kept also where columns are called like them', () => {
  const sql = 'CREATE TABLE t (rowid, oid); INSERT INTO t (_rowid_, rowid, oid) VALUES (10, 1, 2)';
  expect(all(load(dumpOf(sql, true).text), 'SELECT _rowid_, * FROM t')).toEqual([[10n, 1n, 2n]]);
  const hidden = "CREATE TABLE t (rowid, oid, _rowid_); INSERT INTO t VALUES (1, 2, CAST(x'ff' AS TEXT))";
  expect(all(load(dumpOf(hidden, true).text), 'SELECT rowid, oid, hex(_rowid_) FROM t')).toEqual([[1n, 2n, 'FF']]);
});

test('the first two lines and the last are what programs look for', () => {
  const { text } = dumpOf('CREATE TABLE t (a)');
  expect(text).toBe('PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t (a);\nCOMMIT;\n');
});

test('a large table comes in chunks, all of one moment', () => {
  const file = newPath();
  const db = new DatabaseSync(file);
  onTestFinished(() => db.close());
  db.exec(`PRAGMA journal_mode = WAL; CREATE TABLE t (a);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO t SELECT 'some text of row ' || i FROM n`);
  const chunks: string[] = [];
  for (const chunk of dumpDatabase(file)) {
    chunks.push(chunk);
    db.exec("INSERT INTO t VALUES ('later')");
  }
  expect(chunks.length).toBeGreaterThan(10);
  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(70_000);
  expect(all(load(chunks.join('')), 'SELECT count(*) FROM t')).toEqual([[20_000n]]);
});

test('a dump that is given up leaves no transaction behind, and one inside a transaction leaves it open', () => {
  const db = new DatabaseSync(':memory:');
  onTestFinished(() => db.close());
  db.exec('CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(70000)), (1)');
  for (const _chunk of dumpDatabase(db)) {
    break;
  }
  expect(db.isTransaction).toBe(false);
  db.exec('BEGIN');
  expect([...dumpDatabase(db)].join('')).toMatch(/COMMIT;\n$/);
  expect(db.isTransaction).toBe(true);
});

test('tables that libSQL makes for an index of vectors are left to it', () => {
  const { text } = dumpOf(`CREATE TABLE t (e F32_BLOB(2)); CREATE TABLE libsql_vector_meta_shadow (name, metadata);
    CREATE TABLE i_shadow (index_key INTEGER, data BLOB); CREATE INDEX i_shadow_idx ON i_shadow (index_key);
    CREATE TABLE other_shadow (a); CREATE INDEX i ON t (libsql_vector_idx(e))`);
  expect(text).toContain('CREATE INDEX i ON');
  expect(text).toContain('other_shadow');
  expect(text).not.toMatch(/libsql_vector_meta_shadow|i_shadow/);
});

test('what is no database is an error, not an empty dump', () => {
  expect(() => [...dumpDatabase(path.join(tmpdir(), 'skerry-no-such-folder', 'x.db'))]).toThrow('unable to open');
});
