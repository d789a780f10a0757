import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { hasNotRun, readWorkCell, WorkCellRevoker, WorkCellWriter } from './work-cell.ts';

function newCell(): { file: string; revoker: WorkCellRevoker; host: WorkCellWriter } {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-cell-'));
  const file = path.join(folder, 'cell');
  const revoker = new WorkCellRevoker(file);
  const host = new WorkCellWriter(file);
  onTestFinished(() => {
    host.close();
    revoker.close();
    rmSync(folder, { recursive: true });
  });
  return { file, revoker, host };
}

test('the gateway reads what the host runs, and which channels have started', () => {
  const { file, host } = newCell();
  expect(readWorkCell(file)).toMatchObject({ highestStarted: 0, running: 0 });
  host.running(7, 1_000);
  host.running(5, 1_000);
  const work = readWorkCell(file);
  expect(work).toMatchObject({ highestStarted: 7, running: 5 });
  expect(work.allowedUntilMs - work.startedAtMs).toBe(1_000);
});

test('more time for the same request is said at once', () => {
  const { file, host } = newCell();
  host.running(7, 1_000);
  host.running(7, 60_000);
  const work = readWorkCell(file);
  expect(work.allowedUntilMs - work.startedAtMs).toBe(60_000);
});

test('a request that has not started when it is revoked is never started, and one that has is seen to have', () => {
  const { file, revoker, host } = newCell();
  host.running(3, 1_000);
  revoker.revokeUpTo(5);
  expect(readWorkCell(file).highestStarted).toBe(3);
  for (const channel of [4, 5, 6]) {
    host.running(channel, 1_000);
    expect(host.isRevoked(channel)).toBe(channel < 6);
  }
});

test('a request that waits may be taken away, and finds that out when it goes on', () => {
  const { file, revoker, host } = newCell();
  host.running(3, 1_000);
  host.waits(3);
  host.running(4, 1_000);
  expect([3, 4, 5].map((channel) => hasNotRun(readWorkCell(file), channel))).toEqual([true, false, true]);
  revoker.revokeUpTo(4);
  host.goesOn(3);
  expect(host.isRevoked(3)).toBe(true);
  expect(hasNotRun(readWorkCell(file), 3)).toBe(false);
});

test('more than the cell has room for may wait: the others count as begun', () => {
  const { file, host } = newCell();
  host.running(2_000, 1_000);
  for (let channel = 1; channel <= 1_000; channel += 1) {
    host.waits(channel);
  }
  const work = readWorkCell(file);
  expect(work.waiting.size).toBe(500);
  expect([1, 1_000].map((channel) => hasNotRun(work, channel))).toEqual([true, false]);
});

test('the cell of a host that died before it could write says that nothing started', () => {
  expect(readWorkCell('/nonexistent/cell')).toMatchObject({ highestStarted: 0, running: 0 });
});
