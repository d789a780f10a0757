/**
 * Single writes of many clients at once share commits (sql/write-group.ts). Here their host is killed in the midst of
 * them, again and again. `SKERRY_LOSS_KILLS` makes it longer.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { expect, onTestFinished, test } from 'vitest';

import { CLOSE, TestHost } from '../../host/testing/test-host.ts';
import { Dice } from '../../log/testing.ts';
import type { InstanceRef } from '../../relay/messages.ts';

const KILLS = Number(process.env['SKERRY_LOSS_KILLS'] ?? 3);
const WRITERS = 24;
const dice = new Dice(Number(process.env['SKERRY_FUZZ_SEED']));

/** @returns the numbers that were acknowledged, until the host was killed after so many of them */
async function writeUntilKilled(host: TestHost, database: InstanceRef, first: number, kill: number): Promise<number[]> {
  const acknowledged: number[] = [];
  let next = first;
  const writer = async (): Promise<void> => {
    for (;;) {
      const n = next;
      next += 1;
      const args = [{ type: 'integer', value: String(n) }];
      const stmt = { sql: 'INSERT INTO t VALUES (?, randomblob(300))', args };
      const answer = await host.pipeline(database, [{ type: 'execute', stmt }, CLOSE]).catch(() => undefined);
      if (answer === undefined) {
        return;
      }
      expect(answer.results.map(({ type }) => type)).toEqual(['ok', 'ok']);
      acknowledged.push(n);
      if (acknowledged.length === kill) {
        host.kill();
      }
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  await host.ended;
  return acknowledged;
}

test('what was acknowledged is there after kill -9', { timeout: 20_000 * (KILLS + 1) }, async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'skerry-shared-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  let database: InstanceRef | undefined;
  const acknowledged: number[] = [];
  for (let kill = 0; kill <= KILLS; kill += 1) {
    await using host = new TestHost({ dataDir, hostId: kill + 1, synchronous: 'full' });
    database ??= await host.newDatabase();
    await host.pipeline(database, ['CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, filler)', CLOSE]);
    expect(await host.values(database, 'PRAGMA integrity_check')).toEqual(['ok']);
    const kept = new Set((await host.values(database, 'SELECT n FROM t')).map(Number));
    expect(acknowledged.filter((n) => !kept.has(n))).toEqual([]);
    if (kill < KILLS) {
      acknowledged.push(...(await writeUntilKilled(host, database, kill * 1_000_000, 50 + dice.roll(500))));
    }
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(50 * KILLS);
});
