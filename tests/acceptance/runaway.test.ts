/**
 * One tenant's endless query is ended at its deadline and is no other tenant's trouble.
 */
import { openHttp } from '@libsql/hrana-client';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { apiOf, createDatabase, httpClient, type TestDatabase } from './support/clients.ts';
import { SQL_PATHS } from './support/paths.ts';
import { killHosts } from './support/processes.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
const NEIGHBOURS = 6;
const ANSWERS = 20;

/** Its statements have their time over soon. */
let hasty: Skerry;
let culprit: TestDatabase;
/** Its statements may take for ever. */
let patient: Skerry;
let neighbours: TestDatabase[] = [];
let patientCulprit: TestDatabase;

beforeAll(async () => {
  hasty = await startSkerry({ args: ['--statement-timeout', '4s'] });
  culprit = await createDatabase(apiOf(hasty), 'culprit');
  patient = await startSkerry({ args: ['--statement-timeout', '1h'] });
  const api = apiOf(patient);
  patientCulprit = await createDatabase(api, 'culprit');
  neighbours = await Promise.all(
    Array.from({ length: NEIGHBOURS }, async (_, index) => await createDatabase(api, `neighbour-${index}`)),
  );
  for (const neighbour of neighbours) {
    using client = httpClient(neighbour);
    await client.execute('CREATE TABLE t (n)');
  }
});

afterAll(async () => {
  await hasty[Symbol.asyncDispose]();
  await patient.kill();
  await patient[Symbol.asyncDispose]();
});

/** One half of the neighbours reads, the other writes. */
function sqlFor(database: TestDatabase): string {
  return neighbours.indexOf(database) % 2 === 0 ? 'SELECT count(*) FROM t' : 'INSERT INTO t VALUES (1)';
}

test.each(Object.entries(SQL_PATHS))('an endless query over %s ends with an error at its deadline', async (_, open) => {
  using sql = open(culprit);
  await sql.query('SELECT 1');
  await expect(sql.query(ENDLESS)).rejects.toThrow(/ran longer than|STATEMENT_TIMEOUT/);
  using again = open(culprit);
  expect(await again.query('SELECT 1')).toEqual([[1n]]);
});

test.each(Object.entries(SQL_PATHS))(
  'while an endless query over %s runs, every other database answers',
  async (_, open) => {
    using sql = open(patientCulprit);
    await sql.query('SELECT 1');
    const ended = sql.query(ENDLESS).then(
      () => 'it returned rows',
      () => 'it was ended',
    );
    const answered = neighbours.map(async (database) => {
      using client = httpClient(database);
      // The first answers may come before the endless query begins; not so many.
      for (let times = 0; times < ANSWERS; times += 1) {
        await client.execute(sqlFor(database));
      }
    });
    expect(await Promise.race([ended, Promise.all(answered)])).toHaveLength(NEIGHBOURS);
    killHosts(patient);
    expect(await ended).toBe('it was ended');
  },
);

const ROWS = "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, 'row ' || i FROM n";

test('a cursor that meets its deadline after rows have left ends with an error entry', async () => {
  const answer = await fetch(`http://${culprit.hostname}/v3/cursor`, {
    method: 'POST',
    headers: { authorization: `Bearer ${culprit.token}` },
    body: JSON.stringify({ batch: { steps: [{ stmt: { sql: ROWS } }, { stmt: { sql: ENDLESS } }] } }),
  });
  const lines = (await answer.text()).trimEnd().split('\n');
  expect(answer.status).toBe(200);
  expect(lines.some((line) => line.startsWith('{"type":"row"'))).toBe(true);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'error', error: { code: 'STATEMENT_TIMEOUT' } });
});

test('so does a cursor in Protobuf, and the official client says why', async () => {
  const client = openHttp(`http://${culprit.hostname}`, culprit.token, undefined, undefined, 3);
  await client.getVersion();
  const batch = client.openStream().batch(true);
  // The client leaves the promises of steps that do not end as they are.
  void batch.step().query(ROWS);
  void batch.step().query(ENDLESS);
  await expect(batch.execute()).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
  client.close();
});
