/**
 * One tenant's endless query is ended at its deadline and is no other tenant's trouble.
 */
import { openHttp } from '@libsql/hrana-client';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { apiOf, createDatabase, httpClient, type TestDatabase } from './support/clients.ts';
import { SQL_PATHS } from './support/paths.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
const NEIGHBOURS = 6;

let server: Skerry;
let culprit: TestDatabase;
let neighbours: TestDatabase[] = [];

beforeAll(async () => {
  server = await startSkerry({ args: ['--statement-timeout', '4s'] });
  const api = apiOf(server);
  culprit = await createDatabase(api, 'culprit');
  neighbours = await Promise.all(
    Array.from({ length: NEIGHBOURS }, async (_, index) => await createDatabase(api, `neighbour-${index}`)),
  );
  for (const neighbour of neighbours) {
    using client = httpClient(neighbour);
    await client.execute('CREATE TABLE t (n)');
  }
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** One half of the neighbours reads, the other writes. */
function sqlFor(database: TestDatabase): string {
  return neighbours.indexOf(database) % 2 === 0 ? 'SELECT count(*) FROM t' : 'INSERT INTO t VALUES (1)';
}

test.each(Object.entries(SQL_PATHS))(
  'an endless query over %s ends with an error while every other database keeps answering',
  async (_, open) => {
    using sql = open(culprit);
    await sql.query('SELECT 1');
    const over = new AbortController();
    const ended = sql.query(ENDLESS).then(
      () => 'it returned rows',
      (error: unknown) => String(error),
    );
    const answersOf = async (database: TestDatabase): Promise<number> => {
      using client = httpClient(database);
      let answers = 0;
      while (!over.signal.aborted) {
        await client.execute(sqlFor(database));
        answers += 1;
      }
      return answers;
    };
    const answers = Promise.allSettled(neighbours.map(answersOf));
    const error = await ended;
    over.abort();
    expect(error).toMatch(/ran longer than|STATEMENT_TIMEOUT/);
    const failures = (await answers).filter(({ status }) => status === 'rejected');
    expect(failures).toEqual([]);
    const counts = (await answers).map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 0));
    // The first answer may have come before the endless query began; a second would not, to one that waited for its end.
    expect(Math.min(...counts)).toBeGreaterThan(1);
    using again = open(culprit);
    expect(await again.query('SELECT 1')).toEqual([[1n]]);
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
