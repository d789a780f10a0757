/**
 * How soon a replica has what was acknowledged, and how fast copies are made, by that of a plain copy of the file; and what
 * a megabyte costs the host, which says more on a machine that does other work.
 *
 * `npm run bench:sync [-- seconds] [megabytes] [full|normal]`
 *
 * @module
 */
import { copyFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

import { CLOSE, TestHost } from '../host/testing/test-host.ts';
import type { InstanceRef } from '../relay/messages.ts';
import { TursoSync, Version1, Version2 } from './testing/followers.ts';

const [SECONDS, MEGABYTES] = [Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 64)];
const COMMITS_PER_SECOND = 500;
const ROUNDS = 5;

const host = new TestHost({ synchronous: process.argv[4] === 'normal' ? 'normal' : 'full' });
await replicaFreshness(await host.newDatabase());
await throughput(await host.newDatabase());
await host[Symbol.asyncDispose]();

/** From the acknowledgement of a commit to the answer of a read of the replica, which must show it. */
async function replicaFreshness(database: InstanceRef): Promise<void> {
  await host.pipeline(database, ['CREATE TABLE t (id INTEGER PRIMARY KEY, a)', CLOSE]);
  const replica: InstanceRef = { ...database, location: 'lhr', role: 'replica' };
  await host.done({ type: 'add_replica', instance: replica, primary: database });
  const lagsMs: number[] = [];
  const running: Promise<void>[] = [];
  const begunMs = performance.now();
  const commits = SECONDS * COMMITS_PER_SECOND;
  for (let commit = 1; commit <= commits; commit += 1) {
    const dueMs = begunMs + (commit * 1000) / COMMITS_PER_SECOND;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) {
      await setTimeout(Math.ceil(waitMs));
    }
    running.push(follow(commit));
  }
  await Promise.all(running);
  const perSecond = commits / ((performance.now() - begunMs) / 1000);
  write(
    `replica: ${perSecond.toFixed(0)} commits a second; seen after p50 ${at(lagsMs, 0.5)} ms, p99 ${at(lagsMs, 0.99)} ms`,
  );

  async function follow(commit: number): Promise<void> {
    await host.pipeline(database, [`INSERT INTO t VALUES (${commit}, randomblob(100))`, CLOSE]);
    const ackedMs = performance.now();
    const [found] = await host.values(replica, `SELECT id FROM t WHERE id = ${commit}`);
    if (found !== `${commit}`) {
      throw new Error(`commit ${commit} is not on the replica`);
    }
    lagsMs.push(performance.now() - ackedMs);
  }
}

async function throughput(database: InstanceRef): Promise<void> {
  await host.pipeline(database, ['CREATE TABLE t (a, b)', CLOSE]);
  for (let written = 0; written < MEGABYTES; written += 8) {
    const rows = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000)';
    await host.pipeline(database, [`INSERT INTO t ${rows} SELECT i, randomblob(3900) FROM n`, CLOSE]);
  }
  const file = path.join(host.folder(database), 'primary.db');
  for (const [name, Follower] of Object.entries({ Version1, Version2, TursoSync })) {
    const ratios: number[] = [];
    const megabytesPerSecond: number[] = [];
    const [begunMs, megabytes] = [hostCpuMs(), (ROUNDS * statSync(file).size) / 1_000_000];
    for (let round = 0; round < ROUNDS; round += 1) {
      const copyMs = await timeMs(() => copyFileSync(file, `${file}.bench`));
      const copy = new Follower(database);
      const syncMs = await timeMs(async () => await copy.sync(host));
      ratios.push(syncMs / copyMs);
      megabytesPerSecond.push(copy.image.length / 1000 / syncMs);
    }
    const cpuMs = ((hostCpuMs() - begunMs) / megabytes).toFixed(1);
    write(
      `${name}: ${at(megabytesPerSecond, 0.5)} MB/s, ${at(ratios, 0.5)} times as long as a plain copy of the file; ` +
        `${cpuMs} ms of the host's CPU for a megabyte`,
    );
  }
  rmSync(`${file}.bench`);
}

/** Of the host's process so far; Linux only. Fields 14 and 15 of `/proc/<pid>/stat`, in hundredths of a second. */
function hostCpuMs(): number {
  const fields = readFileSync(`/proc/${host.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function timeMs(run: () => unknown): Promise<number> {
  const begunMs = performance.now();
  await run();
  return performance.now() - begunMs;
}

function at(values: number[], share: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}
