/**
 * `npm run bench:databases`: what many databases cost. For each number of them: how fast they are made, how long the
 * official client takes to list them and to get one, what the server's processes keep in memory after a start that finds
 * them idle, and after each was queried once, in turn.
 *
 *     npm run bench:databases -- --sizes 100,1000,10000
 *
 * Memory is anonymous memory of all processes of the server, as Linux tells it in /proc.
 *
 * @module
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { apiOf } from '../acceptance/support/clients.ts';
import { type Skerry, startSkerry } from '../acceptance/support/skerry.ts';
import { median } from './statistics.ts';

const { values: flags } = parseArgs({
  options: { sizes: { type: 'string', default: '100,1000,10000' }, json: { type: 'boolean', default: false } },
});
const SIZES = flags.sizes.split(',').map(Number);
const CREATES_AT_ONCE = 16;
const QUERIES_AT_ONCE = 16;
const REPEATS = 5;

interface Line {
  readonly databases: number;
  readonly createsPerSecond: number;
  readonly listMs: number;
  readonly getMs: number;
  /** After a start, growth over a server without databases. */
  readonly idleBytesPerDatabase: number;
  readonly queriesPerSecond: number;
  /** Of all processes, after every database was queried. */
  readonly queriedMb: number;
}

const dataDir = await mkdtemp(path.join(tmpdir(), 'skerry-databases-'));
try {
  const lines: Line[] = [];
  const emptyBytes = await restarted(async () => await memoryBytes());
  let made = 0;
  for (const databases of SIZES) {
    const createsPerSecond = await restarted(async (server) => await create(server, made, databases));
    made = databases;
    const idleBytes = await restarted(async () => await memoryBytes());
    lines.push(
      await restarted(async (server) => ({
        databases,
        createsPerSecond,
        listMs: await timeMs(async () => await apiOf(server).databases.list()),
        getMs: await timeMs(async () => await apiOf(server).databases.get(`db-${databases - 1}`)),
        idleBytesPerDatabase: (idleBytes - emptyBytes) / databases,
        queriesPerSecond: await queryAll(server, databases),
        queriedMb: (await memoryBytes()) / 1e6,
      })),
    );
    report(lines.slice(-1));
  }
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(lines, undefined, 2)}\n`);
  }
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

async function restarted<T>(work: (server: Skerry) => Promise<T>): Promise<T> {
  await using server = await startSkerry({ dataDir, args: ['--log-level', 'warn'] });
  try {
    return await work(server);
  } catch (error) {
    process.stderr.write(server.output());
    throw error;
  }
}

async function create(server: Skerry, from: number, to: number): Promise<number> {
  const api = apiOf(server);
  const startMs = performance.now();
  await inTurn(from, to, CREATES_AT_ONCE, async (index) => {
    await api.databases.create(`db-${index}`, { group: 'default' });
  });
  return (to - from) / ((performance.now() - startMs) / 1000);
}

async function queryAll(server: Skerry, databases: number): Promise<number> {
  const { jwt } = await apiOf(server).groups.createToken('default');
  const startMs = performance.now();
  await inTurn(0, databases, QUERIES_AT_ONCE, async (index) => {
    const response = await fetch(`${server.url}/db/skerry/db-${index}/v2/pipeline`, {
      method: 'POST',
      headers: { authorization: `Bearer ${jwt}` },
      body: JSON.stringify({ requests: [{ type: 'execute', stmt: { sql: 'SELECT 1' } }, { type: 'close' }] }),
    });
    const text = await response.text();
    if (response.status !== 200 || text.includes('"type":"error"')) {
      throw new Error(`db-${index}: ${text}`);
    }
  });
  return databases / ((performance.now() - startMs) / 1000);
}

async function inTurn(from: number, to: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < to; index = next++) {
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  return median(times);
}

/** Of the processes of this folder's server: each has the folder in its command line. */
async function memoryBytes(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (!commandLine.includes(dataDir)) {
        return 0;
      }
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function report(lines: readonly Line[]): void {
  for (const line of lines) {
    process.stdout.write(
      `${String(line.databases).padStart(7)} databases: ${line.createsPerSecond.toFixed(0)} made a second, ` +
        `list ${line.listMs.toFixed(0)} ms, get ${line.getMs.toFixed(1)} ms, ` +
        `${(line.idleBytesPerDatabase / 1000).toFixed(2)} kB each when idle; ` +
        `${line.queriesPerSecond.toFixed(0)} queried a second in turn, then ${line.queriedMb.toFixed(0)} MB in all\n`,
    );
  }
}
