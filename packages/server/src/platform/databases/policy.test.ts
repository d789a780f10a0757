/**
 * What servers that keep settings and keys themselves are told, when, and in which order.
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { DatabaseSettings } from '../../relay/messages.ts';
import type { EngineStep } from '../testing/folder-engine.ts';
import { Harness, OWNER } from '../testing/harness.ts';

const DAY_MS = 86_400_000;
const DATABASES = `/v1/organizations/${OWNER}/databases`;

let api: Harness;
let id: string;

beforeEach(async () => {
  api = await Harness.start();
  api.engine.keepsPolicy = true;
  id = await api.database('shop');
});

afterEach(async () => {
  await api.stop();
});

function settings(): DatabaseSettings | undefined {
  const told = api.engine.policies.get(id);
  return told === 'closed' ? undefined : told?.settings;
}

function keys(): readonly string[] {
  const told = api.engine.policies.get(id);
  return told === undefined || told === 'closed' ? [] : told.publicKeysPem;
}

function serverIsAway(): void {
  api.engine.before = async (step: EngineStep) => {
    await Promise.resolve();
    if (step === 'configure' || step === 'closeDatabase') {
      throw new SkerryError('location_unavailable', { location: 'local' });
    }
  };
}

async function serverIsBack(): Promise<void> {
  api.engine.before = async () => await Promise.resolve();
  await api.platform.serverIsBack('local');
}

async function configure(body: object): Promise<number> {
  return (await api.patch(`${DATABASES}/shop/configuration`, body)).status;
}

async function notes(): Promise<number> {
  return (await api.store.db.selectFrom('policy_changes').select('database_id').execute()).length;
}

test('a server is told before the API answers, and nothing is left to be told', async () => {
  expect(settings()?.blockReads).toBe(false);
  expect(await configure({ block_reads: true, size_limit: '1mb' })).toBe(200);
  expect(settings()).toMatchObject({ blockReads: true, sizeLimitBytes: 1024 * 1024 });
  const [before] = keys();
  await api.post(`${DATABASES}/shop/auth/rotate`);
  expect(keys()).not.toContain(before);
  expect(await notes()).toBe(0);
});

test('a server that was away is told what was changed meanwhile: settings and keys', async () => {
  const before = keys();
  serverIsAway();
  expect(await configure({ block_writes: true })).toBe(503);
  expect((await api.post(`${DATABASES}/shop/auth/rotate`)).status).toBe(503);
  expect(settings()?.blockWrites).toBe(false);
  await serverIsBack();
  expect(settings()?.blockWrites).toBe(true);
  expect(keys().filter((key) => before.includes(key))).toEqual([]);
  expect(await notes()).toBe(0);
});

test('the keys of a whole group reach a server that was away', async () => {
  const other = await api.database('other');
  const before = new Map(api.engine.policies);
  serverIsAway();
  expect((await api.post(`/v1/organizations/${OWNER}/groups/default/auth/rotate`)).status).toBe(503);
  await serverIsBack();
  for (const one of [id, other]) {
    expect(api.engine.policies.get(one)).not.toEqual(before.get(one));
  }
  expect(keys()).toHaveLength(2);
});

test('what a process that died had recorded is told by the next one', async () => {
  const reached = Promise.withResolvers<void>();
  api.engine.before = async (step: EngineStep) => {
    if (step === 'configure') {
      reached.resolve();
      // The process dies here.
      await new Promise(() => undefined);
    }
  };
  void configure({ block_writes: true });
  await reached.promise;
  await api.restart();
  expect(settings()?.blockWrites).toBe(true);
});

test('of two changes at once the server keeps what the records say, though the first was slow', async () => {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let calls = 0;
  api.engine.before = async () => {
    calls += 1;
    if (calls === 1) {
      begun.resolve();
      await goOn.promise;
    }
  };
  const first = configure({ block_writes: true });
  await begun.promise;
  const second = configure({ block_writes: false, block_reads: true });
  goOn.resolve();
  expect(await Promise.all([first, second])).toEqual([200, 200]);
  expect(settings()).toMatchObject({ blockWrites: false, blockReads: true });
  expect(await notes()).toBe(0);
});

test('a database that was deleted while its server was away lets nobody in when it is back; restored, it does', async () => {
  api.deletedRetentionMs = DAY_MS;
  await api.restart();
  serverIsAway();
  expect((await api.delete(`${DATABASES}/shop`)).status).toBe(200);
  expect(api.engine.policies.get(id)).not.toBe('closed');
  await serverIsBack();
  expect(api.engine.policies.get(id)).toBe('closed');
  const organizationId = String((await api.get(`/v1/organizations/${OWNER}`)).body.organization.id);
  expect((await api.post(`/v3/organizations/${organizationId}/databases/${id}/restore`)).status).toBe(200);
  expect(keys()).toHaveLength(2);
});

test('a database that was deleted for good while its server was away is not made again by what was to be told', async () => {
  serverIsAway();
  expect(await configure({ block_writes: true })).toBe(503);
  expect((await api.delete(`${DATABASES}/shop`)).status).toBe(200);
  api.engine.policies.clear();
  await serverIsBack();
  expect(api.engine.policies.has(id)).toBe(false);
  expect(await notes()).toBe(0);
});
