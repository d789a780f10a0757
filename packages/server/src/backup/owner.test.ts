/** Whose an empty backup becomes when several servers want it at once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { BUCKET, FaultyStore } from '../../../../tests/acceptance/support/object-store.ts';
import { ObjectStore } from './object-store.ts';
import { claim, NotOurs, numbersBegin, readOwner, takeOver } from './owner.ts';

const SERVERS = 8;

let folder = '';
let faulty: FaultyStore;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-owner-'));
  faulty = await FaultyStore.start(path.join(folder, 'store'));
  Object.assign(process.env, faulty.environment);
});

afterAll(async () => {
  await faulty[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function open(prefix: string): ObjectStore {
  return new ObjectStore({ bucket: BUCKET, prefix, endpoint: faulty.endpoint, region: 'us-east-1' });
}

async function claimAtOnce(prefix: string): Promise<PromiseSettledResult<unknown>[]> {
  return await Promise.allSettled(
    Array.from({ length: SERVERS }, async (_, index) => await claim(open(prefix), `server-${index}`)),
  );
}

test('of servers that claim an empty backup at once, one has it where the store knows conditional writes', async () => {
  faulty.knowsConditions = true;
  const outcomes = await claimAtOnce('conditional');
  faulty.knowsConditions = false;
  const losers = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(losers).toHaveLength(SERVERS - 1);
  expect(losers.every(({ reason }) => reason instanceof NotOurs)).toBe(true);
  const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
  expect((await readOwner(open('conditional')))?.id).toBe(`server-${winner}`);
});

test('where it does not, the store names one of them, and that one knows', async () => {
  const outcomes = await claimAtOnce('unconditional');
  const owner = await readOwner(open('unconditional'));
  const index = Number(owner?.id.replace('server-', ''));
  expect(outcomes[index]).toEqual({ status: 'fulfilled', value: owner });
});

test('each takeover has numbers above all of before', async () => {
  const store = open('taken');
  const first = await claim(store, 'one');
  let last = numbersBegin(first);
  for (const id of ['two', 'three']) {
    await takeOver(store, id);
    const owner = (await readOwner(store)) ?? first;
    expect(owner.id).toBe(id);
    expect(numbersBegin(owner)).toBeGreaterThan(last);
    last = numbersBegin(owner);
  }
});
