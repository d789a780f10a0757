/**
 * What backups, branches and restores cost, each against a baseline of the same run, in turns:
 *
 * - CPU of a commit with and without a backup, and what the backup process takes itself
 * - a branch against copying the file, both durable at the end
 * - a restore of a whole server against copying what it restores
 *
 * `npm run bench:backup -- --rounds 5 --megabytes 1024 --commits 1000`
 *
 * @module
 */
import { closeSync, copyFileSync, fsyncSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';

import { restoreServer } from '../../packages/server/src/backup/restore.ts';
import { copyImage } from '../../packages/server/src/copies/copy-image.ts';
import { databaseFolder, PRIMARY_FILE } from '../../packages/server/src/files/layout.ts';
import { syncDatabase } from '../../packages/server/src/files/sync-path.ts';
import { PageLog } from '../../packages/server/src/log/page-log.ts';
import { apiOf, createDatabase, httpClient } from '../acceptance/support/clients.ts';
import { BUCKET, FaultyStore } from '../acceptance/support/object-store.ts';
import { type Skerry, startSkerry } from '../acceptance/support/skerry.ts';
import { median } from './statistics.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    megabytes: { type: 'string', default: '1024' },
    commits: { type: 'string', default: '1000' },
  },
});
const ROUNDS = Number(values.rounds);
const MEGABYTES = Number(values.megabytes);
const COMMITS = Number(values.commits);
const WRITERS = 4;
const ROWS_OF_A_MEGABYTE = 256;

const folder = await mkdtemp(path.join(tmpdir(), 'skerry-bench-backup-'));
const store = await FaultyStore.start(path.join(folder, 'store'));
Object.assign(process.env, store.environment);

interface Cost {
  readonly seconds: number;
  readonly cpuUs: number;
}

/** Of this process. */
async function costOf(work: () => Promise<void> | void): Promise<Cost> {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - begin) / 1000, cpuUs: user + system };
}

function told(what: string, ours: readonly Cost[], theirs: readonly Cost[], megabytes: number): void {
  const ratio = (pick: (cost: Cost) => number): string =>
    median(ours.map((cost, at) => pick(cost) / pick(theirs[at] ?? cost))).toFixed(2);
  const speed = (megabytes / median(ours.map(({ seconds }) => seconds))).toFixed(0);
  process.stdout.write(
    `${what} (${megabytes.toFixed(0)} MB): ${speed} MB/s; a copy of the file in the same round is 1: ` +
      `time ${ratio(({ seconds }) => seconds)}, CPU ${ratio(({ cpuUs }) => cpuUs)}\n`,
  );
}

function copyDurably(from: string, to: string): void {
  copyFileSync(from, to);
  const fd = openSync(to, 'r+');
  fsyncSync(fd);
  closeSync(fd);
}

async function benchBranch(): Promise<void> {
  const source = path.join(folder, 'source.db');
  const db = new DatabaseSync(source);
  db.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; CREATE TABLE t (a, b)');
  const insert = db.prepare(
    `INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS_OF_A_MEGABYTE})
     SELECT i, randomblob(4000) FROM n`,
  );
  for (let megabyte = 0; megabyte < MEGABYTES; megabyte += 1) {
    insert.run();
  }
  db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0');
  const log = new PageLog({
    databasePath: source,
    folder: path.join(folder, 'log'),
    retention: { maxBytes: 1e9, maxAgeMs: 1e9 },
  });
  db.exec('INSERT INTO t VALUES (0, 0)');
  log.poll();
  const target = path.join(folder, 'target.db');
  const [ours, theirs]: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(
      await costOf(async () => {
        await copyImage(log, target);
        syncDatabase(target);
      }),
    );
    rmSync(target);
    theirs.push(await costOf(() => copyDurably(source, target)));
    rmSync(target);
  }
  told('branch', ours, theirs, statSync(source).size / 1e6);
  db.close();
  log.close();
  rmSync(source);
}

/** Of all processes that name the folder in their arguments, in microseconds. Linux. */
function cpuUsOf(dataDir: string, isBackup: boolean): number {
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (command.includes(dataDir) && command.includes('/backup/main.ts') === isBackup) {
        const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
        const fields = rest.split(' ');
        ticks += Number(fields[11]) + Number(fields[12]);
      }
    } catch {
      // It ended in between.
    }
  }
  return ticks * 10_000;
}

async function commit(server: Skerry, name: string, count: number): Promise<number> {
  const api = apiOf(server);
  const { hostname } = await api.databases.get(name);
  const { jwt } = await api.databases.createToken(name);
  const begin = performance.now();
  let left = count;
  const writer = async (): Promise<void> => {
    using client = httpClient({ hostname, token: jwt });
    while (left > 0) {
      left -= 1;
      await client.execute('INSERT INTO t VALUES (1, randomblob(200))');
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return count / ((performance.now() - begin) / 1000);
}

async function benchCommits(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const start = async (args: string[], name: string): Promise<Skerry> => {
    const dataDir = path.join(folder, name);
    const server = stack.use(await startSkerry({ dataDir, args, environment: store.environment }));
    const database = await createDatabase(apiOf(server), 'shop');
    using client = httpClient(database);
    await client.execute('CREATE TABLE t (a, b)');
    await commit(server, 'shop', COMMITS);
    return server;
  };
  const plain = await start([], 'plain');
  const backed = await start(store.args('bench'), 'backed');
  const ratios: number[] = [];
  const cpu: number[] = [];
  const own: number[] = [];
  let perSecond = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const measure = async (server: Skerry): Promise<{ speed: number; cpuUs: number; backupUs: number }> => {
      const [before, backup] = [cpuUsOf(server.dataDir, false), cpuUsOf(server.dataDir, true)];
      const speed = await commit(server, 'shop', COMMITS);
      return {
        speed,
        cpuUs: (cpuUsOf(server.dataDir, false) - before) / COMMITS,
        backupUs: (cpuUsOf(server.dataDir, true) - backup) / COMMITS,
      };
    };
    const without = await measure(plain);
    const having = await measure(backed);
    ratios.push(having.speed / without.speed);
    cpu.push(having.cpuUs / without.cpuUs);
    own.push(having.backupUs);
    perSecond = having.speed;
  }
  const response = await fetch(`${backed.url}/v1/backup`, { headers: { authorization: `Bearer ${backed.apiToken}` } });
  const { backup } = (await response.json()) as { backup: { pending_since: string | null } };
  const behind = backup.pending_since === null ? 0 : (Date.now() - Date.parse(backup.pending_since)) / 1000;
  process.stdout.write(
    `commits with a backup, without one is 1: throughput ${median(ratios).toFixed(2)}, ` +
      `CPU of gateway and hosts ${median(cpu).toFixed(2)}; the backup process takes ${median(own).toFixed(0)} us of CPU per ` +
      `commit; behind by ${behind.toFixed(1)} s at the end, at ${perSecond.toFixed(0)} commits/s\n`,
  );
}

async function benchRestore(): Promise<void> {
  const dataDir = path.join(folder, 'whole');
  let databaseId = '';
  {
    await using server = await startSkerry({ dataDir, args: store.args('restore'), environment: store.environment });
    const api = apiOf(server);
    ({ id: databaseId } = await api.databases.create('shop', { group: 'default' }));
    const { hostname } = await api.databases.get('shop');
    const { jwt } = await api.databases.createToken('shop');
    using client = httpClient({ hostname, token: jwt });
    await client.execute('CREATE TABLE t (a, b)');
    for (let megabyte = 0; megabyte < MEGABYTES / 4; megabyte += 1) {
      await client.execute(
        `INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS_OF_A_MEGABYTE})
         SELECT i, randomblob(4000) FROM n`,
      );
    }
    for (let pending = 1; pending > 0;) {
      const answer = await fetch(`${server.url}/v1/backup`, {
        headers: { authorization: `Bearer ${server.apiToken}` },
      });
      const { backup } = (await answer.json()) as { backup: { state: string; pending_databases: number } };
      pending = backup.state === 'following' ? backup.pending_databases : 1;
    }
    await server.stop();
  }
  const target = { bucket: BUCKET, prefix: 'restore', endpoint: store.endpoint, region: 'us-east-1' };
  const [ours, theirs]: [Cost[], Cost[]] = [[], []];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const restored = path.join(folder, `restored-${round}`);
    ours.push(
      await costOf(async () => {
        await restoreServer({ target, dataDir: restored, atMs: undefined, isDrill: true, tell: () => undefined });
      }),
    );
    const file = path.join(databaseFolder(restored, databaseId), PRIMARY_FILE);
    bytes = statSync(file).size;
    theirs.push(await costOf(() => copyDurably(file, path.join(folder, 'copy.db'))));
    rmSync(restored, { recursive: true });
    rmSync(path.join(folder, 'copy.db'));
  }
  told("restore, with the store's work in the same process", ours, theirs, bytes / 1e6);
}

await benchBranch();
await benchCommits();
await benchRestore();
await store[Symbol.asyncDispose]();
await rm(folder, { recursive: true, force: true });
