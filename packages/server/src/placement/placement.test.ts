/**
 * Where requests go while hosts are stuck, are being started, or die.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';

import { CLOSE, FULL, SETTINGS, sql } from '../host/testing/test-host.ts';
import type { InstanceRef } from '../relay/messages.ts';
import { Placement } from './placement.ts';
import { homeSlot } from './slot.ts';

const DATABASE: InstanceRef = {
  databaseId: '00000000-0000-7000-8000-000000000001',
  location: 'local',
  role: 'primary',
};
const LIMITS = {
  streamIdleMs: 600_000,
  transactionMs: 600_000,
  statementMs: 600_000,
  maxResponseBytes: 1e7,
  maxRowBytes: 1e7,
  maxStreamsPerDatabase: 100,
  maxOpenDatabases: 50,
  maxUploadBytes: 1e8,
  latencyMs: {},
  synchronous: 'normal',
  logRetention: { maxBytes: 1e9, maxAgeMs: 864e5 },
  tellsCommits: false,
} as const;

function newPlacement(dataDir: string, count: number): Placement {
  const log = pino({ level: 'silent' });
  const placement = new Placement({ dataDir, settings: { ...LIMITS, count }, log, onEvent: () => undefined });
  onTestFinished(() => placement.kill());
  return placement;
}

async function start(folder: string): Promise<Placement> {
  const placement = newPlacement(folder, 1);
  await placement.start();
  await placement.createDatabase(DATABASE);
  return placement;
}

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-placement-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The status of a read, or why there is none. */
async function read(placement: Placement): Promise<number | string> {
  return await new Promise((resolve) => {
    const head = {
      kind: 'http',
      method: 'POST',
      path: '/v2/pipeline',
      query: '',
      headers: {},
      settings: SETTINGS,
    } as const;
    placement.relay(
      {
        head: { ...head, rights: FULL, isMovable: true, instance: DATABASE },
        body: JSON.stringify({ requests: [sql('SELECT 1'), CLOSE] }),
        hasBaton: false,
        sink: {
          logFacts: {},
          reply: ({ status }) => resolve(status),
          data: () => undefined,
          end: () => undefined,
          failed: (failure) => resolve(typeof failure === 'object' ? failure.code : failure),
        },
      },
      undefined,
    );
  });
}

/** The hosts of this process's placement, by their ids. */
function hostPids(): Map<number, number> {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const found = children.map((pid): [number, number] => {
    const id = /"hostId":(\d+)/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.[1];
    return [Number(id), Number(pid)];
  });
  return new Map(found);
}

test.skipIf(process.platform !== 'linux')(
  'what waits for a host that is slow to start goes to one that answers again before',
  async () => {
    const folder = newFolder();
    const placement = await start(folder);
    const pids = [...hostPids().values()];
    expect(pids).toHaveLength(2);
    // The next host starts when somebody opens this pipe, which nobody does.
    const gate = path.join(folder, 'gate');
    execFileSync('mkfifo', [gate]);
    const slowNode = path.join(folder, 'node');
    writeFileSync(slowNode, `#!/bin/sh\nread _ < ${gate}\nexec ${process.execPath} "$@"\n`);
    chmodSync(slowNode, 0o755);
    const { execPath } = process;
    process.execPath = slowNode;
    onTestFinished(() => {
      process.execPath = execPath;
    });
    for (const pid of pids) {
      process.kill(pid, 'SIGSTOP');
    }
    onTestFinished(() => pids.forEach((pid) => process.kill(pid, 'SIGCONT')));
    const answer = read(placement);
    await vi.waitUntil(() => hostPids().size === 3, { timeout: 60_000 });
    process.kill(pids[0] ?? 0, 'SIGCONT');
    expect(await answer).toBe(200);
    expect(readdirSync(path.join(folder, 'run')).length).toBe(3);
  },
);

test('while all hosts are being started each database waits for its own', async () => {
  const count = 3;
  const placement = newPlacement(newFolder(), count);
  const started = placement.start();
  const ids = Array.from({ length: 20 }, (_, index) => `database-${index}`);
  const homes = ids.map((id) => homeSlot(id, count));
  expect(new Set(homes).size).toBe(count);
  expect(ids.map((id) => placement.hostFor(id)?.slot)).toEqual(homes);
  await started;
  expect(ids.map((id) => placement.hostFor(id)?.slot)).toEqual(homes);
});
