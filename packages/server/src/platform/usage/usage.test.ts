import type { KyselyPlugin } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { composePlatform } from '../testing/compose.ts';
import { Harness, OWNER } from '../testing/harness.ts';

const DATABASES = `/v1/organizations/${OWNER}/databases`;
const HOUR_MS = 3_600_000;

let api: Harness;
let id: string;

beforeEach(async () => {
  api = await Harness.start();
  id = await api.database('shop');
});

afterEach(async () => {
  await api.stop();
});

function record(rowsRead: number, rowsWritten = 0, bytesSynced = 0, location = 'local'): void {
  api.platform.recordUsage({ databaseId: id, location, rowsRead, rowsWritten, bytesSynced });
}

test('what was recorded is in the next answer, by instance and in sum, under both names', async () => {
  await api.post('/v1/groups/default/locations/lhr');
  await api.engine.write({ databaseId: id, location: 'local' }, '12345');
  await api.engine.write({ databaseId: id, location: 'lhr' }, '123');
  record(10, 2);
  record(5, 0, 100, 'lhr');
  record(1);
  const { body } = await api.get(`${DATABASES}/shop/usage`);
  const { instances } = (await api.get(`${DATABASES}/shop/instances`)).body;
  const total = { rows_read: 16, rows_written: 2, storage_bytes: 8, bytes_synced: 100 };
  expect(body.database).toEqual({
    uuid: id,
    instances: [
      { uuid: instances[0].uuid, usage: { rows_read: 11, rows_written: 2, storage_bytes: 5, bytes_synced: 0 } },
      { uuid: instances[1].uuid, usage: { rows_read: 5, rows_written: 0, storage_bytes: 3, bytes_synced: 100 } },
    ],
    total,
    usage: total,
  });
});

test('usage is kept across restarts and added to', async () => {
  record(10);
  await api.platform.close();
  await api.restart();
  record(5);
  expect((await api.get(`${DATABASES}/shop/usage`)).body.database.total.rows_read).toBe(15);
});

test('usage is counted by the hour: from is in, to is out, and this month is the default', async () => {
  const start = api.nowMs;
  api.nowMs = Date.UTC(2026, 4, 31, 23, 30);
  record(1);
  api.nowMs = start;
  record(10);
  api.nowMs = start + HOUR_MS;
  record(100);
  const rows = async (query: string) =>
    (await api.get(`${DATABASES}/shop/usage${query}`)).body.database.total.rows_read as number;
  expect(await rows('')).toBe(110);
  expect(await rows('?from=2026-05-01T00:00:00Z')).toBe(111);
  expect(await rows('?from=2026-06-01T12:00:00Z&to=2026-06-01T13:00:00Z')).toBe(10);
  expect(await rows('?from=2026-06-01T15:00:00%2B02:00')).toBe(100);
});

test.each([
  [
    '2023-12-12T00:00:00',
    'parsing time "2023-12-12T00:00:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"',
  ],
  ['yesterday', 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'],
  [
    '2023-13-01T00:00:00Z',
    'parsing time "2023-13-01T00:00:00Z" as "2006-01-02T15:04:05Z07:00": cannot parse "13-01T00:00:00Z" as "01"',
  ],
  ['2023-12-12T00:00:00Zx', 'parsing time "2023-12-12T00:00:00Zx": extra text: "x"'],
])('a time that is none is refused as documented: %s', async (text, problem) => {
  for (const parameter of ['from', 'to']) {
    expect(await api.get(`${DATABASES}/shop/usage?${parameter}=${text}`)).toEqual({
      status: 400,
      body: { error: `invalid ${parameter} parameter: ${problem}`, code: 'time_invalid' },
    });
  }
});

test('the usage of an organization is that of its databases, with how many things it has', async () => {
  const other = await api.database('other');
  await api.post('/v1/groups', { name: 'eu', location: 'lhr' });
  record(10, 1);
  api.platform.recordUsage({ databaseId: other, location: 'local', rowsRead: 5, rowsWritten: 0, bytesSynced: 7 });
  const { organization } = (await api.get(`/v1/organizations/${OWNER}/usage`)).body;
  expect(organization.usage).toEqual({
    rows_read: 15,
    rows_written: 1,
    bytes_synced: 7,
    storage_bytes: 0,
    databases: 2,
    groups: 2,
    locations: 2,
  });
  expect(organization.databases.map(({ uuid }: { uuid: string }) => uuid)).toEqual([other, id]);
});

test('usage of a database that is gone by then is dropped, and spoils nothing', async () => {
  const other = await api.database('other');
  record(10);
  api.platform.recordUsage({ databaseId: other, location: 'local', rowsRead: 5, rowsWritten: 0, bytesSynced: 0 });
  api.platform.recordQuery({ databaseId: other, sql: 'select 1', rowsRead: 1, rowsWritten: 0 });
  await api.delete(`${DATABASES}/other`);
  expect((await api.get(`${DATABASES}/shop/usage`)).body.database.total.rows_read).toBe(10);
});

test('the heaviest queries of the last day are shown, heaviest first, in both shapes', async () => {
  api.platform.recordQuery({ databaseId: id, sql: 'select old', rowsRead: 1000, rowsWritten: 0 });
  await api.get(`${DATABASES}/shop/stats`);
  api.nowMs += 26 * HOUR_MS;
  api.platform.recordQuery({ databaseId: id, sql: 'select a', rowsRead: 1, rowsWritten: 0 });
  api.platform.recordQuery({ databaseId: id, sql: 'insert b', rowsRead: 0, rowsWritten: 5 });
  api.platform.recordQuery({ databaseId: id, sql: 'select a', rowsRead: 10, rowsWritten: 0 });
  const expected = [
    { query: 'select a', rows_read: 11, rows_written: 0 },
    { query: 'insert b', rows_read: 0, rows_written: 5 },
  ];
  expect((await api.get(`${DATABASES}/shop/stats`)).body).toEqual({ top_queries: expected });
  const from = new Date(api.nowMs - 24 * HOUR_MS).toISOString();
  expect((await api.get(`${DATABASES}/shop/usage/queries?from=${from}`)).body).toEqual(expected);
});

test('of more queries than are kept, the lightest are forgotten', async () => {
  for (let rowsRead = 1; rowsRead <= 150; rowsRead += 1) {
    api.platform.recordQuery({ databaseId: id, sql: `select ${rowsRead}`, rowsRead, rowsWritten: 0 });
  }
  const { top_queries: top } = (await api.get(`${DATABASES}/shop/stats`)).body;
  expect(top.length).toBe(20);
  expect(top[0]).toEqual({ query: 'select 150', rows_read: 150, rows_written: 0 });
  const kept = await api.store.db.selectFrom('query_hours').select('rows_read').orderBy('rows_read').execute();
  expect([kept.length, kept[0]?.rows_read]).toEqual([100, 51]);
});

test('a size that cannot be told does not take the other numbers along', async () => {
  record(10);
  await api.engine.dropDatabase(id);
  const { body } = await api.get(`${DATABASES}/shop/usage`);
  expect(body.database.total).toEqual({ rows_read: 10, rows_written: 0, storage_bytes: 0, bytes_synced: 0 });
});

test('the history tells every hour of the span, also those without usage, of one database or of all', async () => {
  const other = await api.database('other');
  record(7, 3, 20);
  api.platform.recordUsage({ databaseId: other, location: 'local', rowsRead: 1, rowsWritten: 0, bytesSynced: 0 });
  api.nowMs += 2 * HOUR_MS;
  record(5);
  const { body } = await api.get(`${DATABASES}/shop/usage/history?from=2026-06-01T11:30:00Z`);
  expect(body.step_seconds).toBe(3600);
  expect(body.points.map(({ at, rows_read: read }: { at: string; rows_read: number }) => [at, read])).toEqual([
    ['2026-06-01T11:00:00Z', 0],
    ['2026-06-01T12:00:00Z', 7],
    ['2026-06-01T13:00:00Z', 0],
    ['2026-06-01T14:00:00Z', 5],
  ]);
  expect(body.points[1]).toMatchObject({ rows_written: 3, bytes_synced: 20 });
  const all = await api.get(`/v1/organizations/${OWNER}/usage/history?step=day`);
  expect(all.body.points.at(-1)).toMatchObject({ at: '2026-06-01T00:00:00Z', rows_read: 13 });
});

test('a history of more steps than anybody looks at is refused', async () => {
  const path = `${DATABASES}/shop/usage/history`;
  expect(await api.get(`${path}?from=2020-01-01T00:00:00Z`)).toMatchObject({ status: 400 });
  expect(await api.get(`${path}?step=minute`)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
});

test('the usage of a database is there again when it is restored, and gone for good with its files', async () => {
  api.deletedRetentionMs = 86_400_000;
  await api.restart();
  const id = await api.database('kept');
  const rowsRead = async () => (await api.get(`${DATABASES}/kept/usage`)).body.database.total.rows_read as number;
  const sample = { databaseId: id, location: 'local', rowsRead: 7, rowsWritten: 0, bytesSynced: 0 };
  api.platform.recordUsage(sample);
  expect(await rowsRead()).toBe(7);
  await api.delete(`${DATABASES}/kept`);
  // Its last second is told after the deletion.
  api.platform.recordUsage(sample);
  await api.get(`/v1/organizations/${OWNER}/usage`);
  await api.post(`/v3/organizations/${OWNER}/databases/${id}/restore`);
  expect(await rowsRead()).toBe(14);
  await api.delete(`${DATABASES}/kept`);
  api.nowMs += 86_400_001;
  await api.platform.tidy();
  const left = await api.store.db.selectFrom('usage_hours').where('database_id', '=', id).selectAll().execute();
  expect(left).toEqual([]);
});

test('the usage of an organization takes as many queries for many databases as for one', async () => {
  let queries = 0;
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => {
      queries += 1;
      return node;
    },
    transformResult: async ({ result }) => await Promise.resolve(result),
  };
  const { folder, engine, signIn } = api;
  const store = { ...api.store, db: api.store.db.withPlugin(counting) };
  const platform = composePlatform({ store, engine, folder, signIn, now: () => api.nowMs });
  const ask = async (): Promise<number> => {
    queries = 0;
    const headers = { authorization: `Bearer ${api.token}` };
    const response = await platform.app.request(`/v1/organizations/${OWNER}/usage`, { headers });
    expect(response.status).toBe(200);
    return queries;
  };
  const ofOne = await ask();
  for (let number = 0; number < 20; number += 1) {
    await api.database(`more-${number}`);
  }
  expect(ofOne).toBeGreaterThan(0);
  expect(await ask()).toBe(ofOne);
});
