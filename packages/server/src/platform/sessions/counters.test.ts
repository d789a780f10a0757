import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness } from '../testing/harness.ts';
import { Attempts } from './attempts.ts';
import { inMemory, inStore, sweepCounters } from './counters.ts';

const LIMITS = { perAddress: 5, perAccount: 4, perBoth: 3, signUps: 2, windowS: 60 };

let api: Harness;

beforeEach(async () => {
  api = await Harness.start();
});

afterEach(async () => {
  await api.stop();
});

/** As a process of its own would have them. */
function process(): Attempts {
  return new Attempts(
    LIMITS,
    inStore(api.store.db, () => api.nowMs),
  );
}

async function guess(attempts: Attempts, address: string, account: string): Promise<string> {
  const wrong = new Error('wrong');
  return await attempts
    .count(address, account, async () => await Promise.reject(wrong))
    .catch((error: unknown) => (error === wrong ? 'wrong' : error instanceof Error ? error.message : ''));
}

test('failures are counted together by all processes of a store', async () => {
  const [one, other] = [process(), process()];
  expect(await guess(one, 'a', 'ada')).toBe('wrong');
  expect(await guess(other, 'a', 'ada')).toBe('wrong');
  expect(await guess(one, 'a', 'ada')).toBe('wrong');
  expect(await guess(other, 'a', 'ada')).toContain('60 seconds');
  expect(await guess(other, 'a', 'ben')).toBe('wrong');
});

test('many at once are not more than the limit, whichever process they come to', async () => {
  const processes = [process(), process()];
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, number) => await guess(processes[number % 2] ?? process(), 'a', 'ada')),
  );
  expect(answers.filter((answer) => answer === 'wrong').length).toBe(LIMITS.perBoth);
});

test('a success is not counted, and the span ends', async () => {
  const attempts = process();
  for (let time = 0; time < 10; time += 1) {
    expect(await attempts.count('a', 'ada', async () => await Promise.resolve('in'))).toBe('in');
  }
  await attempts.countSignUp('a');
  await attempts.countSignUp('a');
  await expect(attempts.countSignUp('a')).rejects.toMatchObject({ code: 'sign_in_too_often' });
  api.nowMs += 60_000;
  await attempts.countSignUp('a');
});

test('what is kept names nobody, and goes when its span is over', async () => {
  const { db } = api.store;
  await guess(process(), '203.0.113.9', 'ada');
  const rows = await db.selectFrom('attempts').selectAll().execute();
  expect(rows.length).toBe(3);
  expect(JSON.stringify(rows)).not.toMatch(/203\.0|ada/);
  await sweepCounters(db, api.nowMs);
  expect((await db.selectFrom('attempts').selectAll().execute()).length).toBe(3);
  await sweepCounters(db, api.nowMs + 60_000);
  expect(await db.selectFrom('attempts').selectAll().execute()).toEqual([]);
});

test('in memory the same limits hold', async () => {
  const attempts = new Attempts(LIMITS, inMemory);
  for (let time = 0; time < LIMITS.perBoth; time += 1) {
    expect(await guess(attempts, 'a', 'ada')).toBe('wrong');
  }
  expect(await guess(attempts, 'a', 'ada')).toContain('seconds');
});
