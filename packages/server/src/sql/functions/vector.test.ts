import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';

import { addFunctions } from './functions.ts';

interface Answer {
  readonly values?: unknown[];
  readonly error?: string;
}

/** What libSQL says to each statement, up to the one that ended it. */
function askLibsql(statements: readonly string[]): Answer[] {
  const { stdout } = spawnSync(process.execPath, [path.join(import.meta.dirname, 'testing-libsql.mjs')], {
    input: JSON.stringify(statements),
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  });
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Answer);
}

function askOurs(statements: readonly string[]): Answer[] {
  const db = new DatabaseSync(':memory:', { returnArrays: true });
  onTestFinished(() => db.close());
  addFunctions(db);
  return statements.map((sql) => {
    try {
      return {
        values: db
          .prepare(sql)
          .all()
          .map((row) => (row as unknown as unknown[])[0]),
      };
    } catch (error) {
      return { error: error instanceof Error ? error.message.replace('SQLite error: ', '') : '' };
    }
  });
}

const CONSTRUCTORS = ['vector', 'vector32', 'vector64', 'vector16', 'vectorb16', 'vector8', 'vector1bit'];

test('vectors are written, read and compared as libSQL does it', () => {
  const element = fc.oneof(
    // Binary fractions: of others, libSQL's reader of decimals misses the last bit of a FLOAT64 now and then.
    fc.integer({ min: -1_000, max: 1_000 }).map((parts) => parts / 1_024),
    fc.integer({ min: -1e9, max: 1e9 }).map((parts) => parts / 1_024),
    fc.integer({ min: -20, max: 20 }),
    fc.constantFrom(0, 2 ** -20, 1e15, 65504, 65520, 70000),
  );
  const pair = fc.integer({ min: 1, max: 20 }).chain((length) => {
    const vector = fc.array(element, { minLength: length, maxLength: length });
    return fc.tuple(vector, vector);
  });
  const statements = fc.sample(pair, 100).flatMap(([first, second]) =>
    CONSTRUCTORS.flatMap((make) => {
      const a = `${make}('${JSON.stringify(first)}')`;
      const b = `${make}('${JSON.stringify(second)}')`;
      const distances = [`SELECT vector_distance_cos(${a}, ${b})`, `SELECT vector_distance_l2(${a}, ${b})`].filter(
        (_, index) => make !== (index === 0 ? 'vector8' : 'vector1bit'),
      );
      return distances.concat(
        // FLOAT8 has bytes of no meaning, with which libSQL does whatever comes.
        make === 'vector8' ? `SELECT hex(substr(${a}, 1, ${first.length}))` : `SELECT hex(${a})`,
        `SELECT hex(vector32(${a}))`,
        `SELECT hex(vector64(${a}))`,
        `SELECT vector_extract(${a})`,
      );
    }),
  );
  const theirs = askLibsql(statements);
  const ours = askOurs(statements);
  const differences = statements.flatMap((sql, index) =>
    JSON.stringify(ours[index]) === JSON.stringify(theirs[index])
      ? []
      : [{ sql, ours: ours[index], theirs: theirs[index] }],
  );
  expect(theirs).toHaveLength(statements.length);
  expect(differences.slice(0, 5)).toEqual([]);
});

test('angles between vectors of single bytes are as in libSQL but for the last digits', () => {
  const vector = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 4, maxLength: 4 });
  const statements = fc
    .sample(fc.tuple(vector, vector), 200)
    .map((pair) => pair.map((elements) => `vector8('${JSON.stringify(elements)}')`).join(', '))
    .map((pair) => `SELECT coalesce(vector_distance_cos(${pair}), 0)`);
  const [theirs, ours] = [askLibsql(statements), askOurs(statements)].map((answers) =>
    answers.map(({ values = [] }) => Number(values[0])),
  );
  expect(theirs).toHaveLength(200);
  for (const [index, distance] of (ours ?? []).entries()) {
    expect(distance).toBeCloseTo(theirs?.[index] ?? NaN, 4);
  }
});

test('mistakes are named as libSQL names them', () => {
  const statements = [
    "vector32('[1,2')",
    "vector32('[1,2,]')",
    "vector32('1,2')",
    "vector32('[a]')",
    "vector32('[1,2] x')",
    "vector32('[nan]')",
    "vector32('[0x10]')",
    "vector32('')",
    'vector32(NULL)',
    'vector32(5)',
    'vector32(1.5)',
    "vector32(x'0102')",
    "vector_extract(x'0000000007')",
    "vector_distance_cos(vector64('[1,2]'), '[2,1]')",
    "vector_distance_cos('[1,2]', '[2,1,3]')",
    "vector_distance_l2(vector1bit('[1]'), vector1bit('[1]'))",
    "vector32('[1]', 2)",
  ].map((expression) => `SELECT ${expression}`);
  const theirs = askLibsql(statements);
  expect(theirs.every(({ error }) => error !== undefined)).toBe(true);
  expect(askOurs(statements)).toEqual(theirs);
});

test('unusual ways to write a vector are read as libSQL reads them', () => {
  const statements = [
    "hex(vector32('[]'))",
    "hex(vector32(' [ 1 , 2.5e1 ,-3 ] '))",
    "hex(vector32('[+1,.5,5.]'))",
    "hex(vector32('[1 2]'))",
    "hex(vector32('[1e50]'))",
    "hex(vector32(x'01020304'))",
    "hex(vector64(vector32('[1.1]')))",
    "vector_extract(x'0000807F0000C07F000080FF')",
    "vector_extract('[1e5,123456,999999.5,1e6,0.0001,0.00001,-0.0]')",
    "vector_distance_cos('[0,0]', '[1,1]')",
    "vector_distance_cos('[]', '[]')",
  ].map((expression) => `SELECT ${expression}`);
  expect(askOurs(statements)).toEqual(askLibsql(statements));
});

test("Turso's functions put vectors together and cut them", () => {
  expect(
    askOurs([
      "SELECT vector_extract(vector_concat('[1,2]', '[3]'))",
      "SELECT vector_extract(vector_concat(vector64('[0.1]'), vector64('[2]')))",
      "SELECT vector_extract(vector_slice('[1,2,3,4]', 1, 3))",
      "SELECT vector_extract(vector_slice('[1,2]', 2, 2))",
    ]),
  ).toEqual([{ values: ['[1,2,3]'] }, { values: ['[0.1,2]'] }, { values: ['[2,3]'] }, { values: ['[]'] }]);
  for (const { error } of askOurs([
    "SELECT vector_concat('[1]', vector64('[2]'))",
    "SELECT vector_slice('[1,2]', -1, 1)",
    "SELECT vector_slice('[1,2]', 1, 0)",
    "SELECT vector_slice('[1,2]', 0, 3)",
    "SELECT vector_slice('[1,2]', 'a', 1)",
  ])) {
    expect(error).toMatch(/^vector_(?:concat|slice): /);
  }
});
