import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';

const LOGS = `/v1/organizations/${OWNER}/audit-logs`;

let api: Harness;

beforeEach(async () => {
  api = await Harness.start();
});

afterEach(async () => {
  await api.stop();
});

async function codes(): Promise<string[]> {
  const { body } = await api.get(LOGS);
  return body.audit_logs.map(({ code }: { code: string }) => code);
}

test('an entry tells what, who, whence and when', async () => {
  api.nowMs += 5_500;
  await api.post('/v1/databases', { name: 'shop', group: 'default' }, { headers: { 'user-agent': 'turso-cli/v1' } });
  const { body } = await api.get(LOGS);
  expect(body.audit_logs[0]).toEqual({
    code: 'db-create',
    message: 'database shop created',
    origin: 'cli',
    author: OWNER,
    created_at: '2026-06-01T12:00:05Z',
    data: { database: 'shop', id: expect.any(String) },
  });
});

test('every change leaves an entry, newest first', async () => {
  await api.database('shop');
  await api.patch('/v1/databases/shop/configuration', { delete_protection: true });
  await api.patch('/v1/databases/shop/configuration', { delete_protection: false, block_writes: true });
  await api.post('/v1/databases/shop/auth/tokens');
  await api.post('/v1/databases/shop/auth/rotate');
  await api.post('/v1/groups/default/locations/lhr');
  await api.delete('/v1/groups/default/locations/lhr');
  await api.post('/v1/groups/default/auth/tokens');
  await api.post('/v1/groups/default/auth/rotate');
  await api.post('/v1/auth/api-tokens/ci');
  await api.delete('/v1/auth/api-tokens/ci');
  await api.delete('/v1/databases/shop');
  await api.post('/v1/groups', { name: 'eu', location: 'lhr' });
  await api.patch('/v1/groups/eu/configuration', { delete_protection: true });
  await api.patch('/v1/groups/eu/configuration', { delete_protection: false });
  await api.delete('/v1/groups/eu');
  expect((await codes()).toReversed()).toEqual([
    'user-signup',
    'db-create',
    'db-protect',
    'db-unprotect',
    'db-configure',
    'db-token-create',
    'db-token-rotate',
    'instance-create',
    'instance-delete',
    'group-token-create',
    'group-token-rotate',
    'user-token-create',
    'user-token-revoke',
    'db-delete',
    'group-create',
    'group-protect',
    'group-unprotect',
    'group-delete',
  ]);
});

test('what was refused or failed leaves none', async () => {
  await api.database('shop');
  const before = await codes();
  await api.post('/v1/databases', { name: 'shop', group: 'default' });
  await api.patch('/v1/databases/shop/configuration', { size_limit: 'big' });
  await api.patch('/v1/databases/shop/configuration', {});
  await api.delete('/v1/databases/nothing');
  api.engine.before = async () => await Promise.reject(new Error('the disk is full'));
  await api.post('/v1/databases', { name: 'other', group: 'default' });
  expect(await codes()).toEqual(before);
});

test('no secret is in the log', async () => {
  await api.database('shop');
  const { jwt } = (await api.post('/v1/databases/shop/auth/tokens')).body;
  const { token } = (await api.post('/v1/auth/api-tokens/ci')).body;
  const text = JSON.stringify((await api.get(LOGS)).body);
  expect(text).not.toContain(jwt);
  expect(text).not.toContain(token);
});

test('the log comes in pages', async () => {
  await api.database('a');
  await api.database('b');
  const first = (await api.get(`${LOGS}?page_size=2`)).body;
  const second = (await api.get(`${LOGS}?page_size=2&page=2`)).body;
  expect(first.audit_logs.map(({ message }: { message: string }) => message)).toEqual([
    'database b created',
    'database a created',
  ]);
  expect(second.audit_logs.map(({ code }: { code: string }) => code)).toEqual(['user-signup']);
  expect(second.pagination).toEqual({ page: 2, page_size: 2, total_pages: 2, total_rows: 3 });
  expect((await api.get(`${LOGS}?page=0`)).status).toBe(400);
});

test('entries are filtered by code, author and text, and the pages count what is left', async () => {
  await api.database('shop');
  await api.database('shop-100');
  await api.delete('/v1/databases/shop');
  const found = async (filter: string): Promise<unknown> => {
    const { body } = await api.get(`${LOGS}?${filter}`);
    expect(body.pagination.total_rows).toBe(body.audit_logs.length);
    return body.audit_logs.map(({ message }: { message: string }) => message);
  };
  expect(await found('code=db-delete')).toEqual(['database shop deleted']);
  expect(await found(`author=${OWNER}&code=db-create`)).toHaveLength(2);
  expect(await found('author=nobody')).toEqual([]);
  expect(await found('text=SHOP%20created')).toEqual(['database shop created']);
  expect(await found('text=db-DEL')).toEqual(['database shop deleted']);
  // The signs of a LIKE pattern are letters like others.
  expect(await found('text=p_1')).toEqual([]);
  expect(await found('text=%25')).toEqual([]);
  expect(await found('code=&author=&text=')).toHaveLength(4);
});
