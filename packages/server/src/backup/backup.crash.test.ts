/**
 * Machines with a backup that end without a goodbye, again and again: killed, or gone with all they had. The store fails in
 * between. What the backup called stored must come back, byte for byte, as of now and as of earlier.
 * `SKERRY_BACKUP_CRASHES` makes it longer, `SKERRY_FUZZ_SEED` repeats the choices of a run.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { BUCKET, type Fault, FaultyStore } from '../../../../tests/acceptance/support/object-store.ts';
import { databaseFolder, PRIMARY_FILE } from '../files/layout.ts';
import { Dice, digestOf, withoutCounter } from '../log/testing.ts';
import { openStore } from '../store/store.ts';
import { type RestoreOptions, restoreServer } from './restore.ts';
import type { MachineOptions } from './testing/machine.ts';

const SEED = Number(process.env['SKERRY_FUZZ_SEED']);
const CRASHES = Number(process.env['SKERRY_BACKUP_CRASHES'] ?? 6);
/** Then another backup: what has happened to one is short enough to understand. */
const CRASHES_OF_A_BACKUP = 25;
/** None that leaves half an object in the store, which no real one does. */
const FAULTS: readonly Fault[] = ['none', 'none', 'slow', 'error', 'denied', 'gone'];
const DATABASE_IDS = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);

interface Commit {
  readonly frame: number;
  /** When it was told. */
  readonly ms: number;
  /** It was made no earlier. */
  readonly sinceMs: number;
  readonly digest: string;
}

interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is known of one database. */
interface Known {
  commits: Commit[];
  /** How many of them the backup has called stored. */
  stored: number;
}

let folder = '';
let store: FaultyStore;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-machines-'));
  store = await FaultyStore.start(path.join(folder, 'store'));
  // For the restore, which runs in this process.
  Object.assign(process.env, store.environment);
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test(
  `what the backup called stored comes back, as of now and as of earlier (${CRASHES} ends of a machine, seed ${SEED})`,
  { timeout: 120_000 + CRASHES * 30_000 },
  async () => {
    const dice = new Dice(SEED);
    let known = new Map<string, Known>();
    let dataDir = '';
    /** Between the start of a machine with new logs and its first images there are no times to restore to. */
    let gaps: Gap[] = [];
    let beginMs: number | undefined;
    let [restores, earlier] = [0, 0];
    // Which choices lead to a restore depends on the moments of the kills as well: it goes on until there was one of each.
    for (let crash = 0; crash < CRASHES || restores === 0 || earlier === 0; crash += 1) {
      const target = {
        bucket: BUCKET,
        prefix: `backup-${Math.floor(crash / CRASHES_OF_A_BACKUP)}`,
        endpoint: store.endpoint,
        region: 'us-east-1',
      };
      if (crash % CRASHES_OF_A_BACKUP === 0) {
        dataDir = path.join(folder, `machine-${crash}`);
        known = new Map(DATABASE_IDS.map((id) => [id, { commits: [], stored: 0 }]));
        await prepareRecords(dataDir);
        gaps = [];
        beginMs = 0;
      }
      const options = { dataDir, target, databaseIds: DATABASE_IDS, seed: dice.roll(2 ** 31) };
      const readyMs = await runUntilKilled(options, known, dice);
      if (beginMs !== undefined) {
        gaps.push({ fromMs: beginMs, toMs: readyMs });
        beginMs = undefined;
      }
      store.fault = 'none';
      if (dice.roll(2) === 0) {
        rmSync(dataDir, { recursive: true });
        dataDir = path.join(folder, `machine-${crash}-restored`);
        gaps.push(...(await restoreNewest({ target, dataDir, atMs: undefined, tell: () => undefined }, known)));
        restores += 1;
        beginMs = Date.now();
      }
      const ms = someTime(known, gaps, dice);
      if (ms !== undefined) {
        const then = path.join(folder, 'then');
        await restoreEarlier({ target, dataDir: then, atMs: ms, isDrill: true, tell: () => undefined }, known, ms);
        rmSync(then, { recursive: true });
        earlier += 1;
      }
    }
    expect(Math.min(restores, earlier)).toBeGreaterThan(0);
  },
);

/**
 * What was called stored is there; what is not there is lost from now on. An image may have had more than was called
 * stored: as of its end, without the times between.
 */
async function restoreNewest(options: RestoreOptions, known: ReadonlyMap<string, Known>): Promise<Gap[]> {
  const { problems } = await restoreServer(options);
  expect(problems).toEqual([]);
  const gaps: Gap[] = [];
  for (const [databaseId, one] of known) {
    const digest = digestIn(options.dataDir, databaseId);
    const at = one.commits.findLastIndex((commit) => commit.digest === digest);
    expect({ databaseId, isThere: at >= 0, isLost: at < one.stored - 1 }).toEqual({
      databaseId,
      isThere: true,
      isLost: false,
    });
    const more = one.commits.slice(one.stored, at + 1);
    const [first, last] = [more[0], more.at(-1)];
    if (first !== undefined && last !== undefined) {
      gaps.push({ fromMs: first.sinceMs, toMs: last.ms });
    }
    one.commits = one.commits.slice(0, at + 1);
    one.stored = one.commits.length;
  }
  return gaps;
}

async function restoreEarlier(options: RestoreOptions, known: ReadonlyMap<string, Known>, ms: number): Promise<void> {
  const { problems } = await restoreServer(options);
  expect(problems).toEqual([]);
  for (const [databaseId, { commits }] of known) {
    const first = commits.findLastIndex((commit) => commit.ms <= ms);
    const wanted = commits.filter(({ sinceMs }, at) => at >= first && sinceMs <= ms).map(({ digest }) => digest);
    const digest = digestIn(options.dataDir, databaseId);
    expect({ ms, databaseId, digest }).toEqual({ ms, databaseId, digest: expect.toBeOneOf(wanted) });
  }
}

/** An instant of which the backup has everything. */
function someTime(known: ReadonlyMap<string, Known>, gaps: readonly Gap[], dice: Dice): number | undefined {
  const all = [...known.values()];
  const to = Math.min(...all.map(({ commits, stored }) => commits[stored - 1]?.ms ?? 0));
  const times = all
    .flatMap(({ commits }) => commits.map(({ ms }) => ms))
    .filter((ms) => ms <= to && !gaps.some(({ fromMs, toMs }) => fromMs <= ms && ms <= toMs));
  return times[dice.roll(Math.max(1, times.length))];
}

/** The records of a server that has the databases, with nothing else in them that a restore looks at. */
async function prepareRecords(dataDir: string): Promise<void> {
  const records = await openStore({ dataDir });
  await records.close();
  const db = new DatabaseSync(path.join(dataDir, 'control.db'));
  db.exec('PRAGMA foreign_keys = OFF');
  const columns = db.prepare('PRAGMA table_info(databases)').all();
  const needed = columns.filter(({ notnull, dflt_value: value }) => notnull === 1 && value === null);
  for (const id of DATABASE_IDS) {
    const values = needed.map(({ name, type }) =>
      name === 'state' ? 'ready' : type === 'TEXT' || type === 'text' ? id : 0,
    );
    const names = needed.map(({ name }) => String(name));
    const sql = `INSERT INTO databases (id, ${names.filter((name) => name !== 'id').join(', ')})
      VALUES (?, ${names
        .filter((name) => name !== 'id')
        .map(() => '?')
        .join(', ')})`;
    db.prepare(sql).run(id, ...values.filter((_, at) => names[at] !== 'id'));
  }
  db.close();
}

/** @returns when it had stored everything once */
async function runUntilKilled(options: MachineOptions, known: ReadonlyMap<string, Known>, dice: Dice): Promise<number> {
  const program = path.join(import.meta.dirname, 'testing/machine.ts');
  const child = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...store.environment },
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const untilLine = 1 + dice.roll(150);
  const firsts = new Set(options.databaseIds);
  let count: number | undefined;
  let readyMs = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [what = '', databaseId = '', frame, ms, digest = ''] = line.split(' ');
    const one = known.get(databaseId);
    if (what === 'ready') {
      // From here on the store may fail; until then each machine begins.
      store.fault = FAULTS[dice.roll(FAULTS.length)] ?? 'none';
      count = 0;
      readyMs = Date.now();
    } else if (what === 'commit' && one !== undefined) {
      const isFirst = firsts.delete(databaseId);
      const sinceMs = isFirst ? (one.commits.at(-1)?.ms ?? 0) + 1 : Number(ms);
      heardCommit(one, { frame: Number(frame), ms: Number(ms), sinceMs, digest }, isFirst);
    } else if (what === 'stored' && one !== undefined && !firsts.has(databaseId)) {
      const stored = one.commits.findLastIndex((commit) => commit.frame <= Number(frame)) + 1;
      one.stored = Math.max(one.stored, stored);
    }
    // What was on its way when it was killed is heard, and counts for no choice: how much that is differs.
    if (count !== undefined && count < untilLine) {
      count += 1;
      if (count % 20 === 0) {
        store.fault = FAULTS[dice.roll(FAULTS.length)] ?? 'none';
      }
      if (count === untilLine) {
        child.kill('SIGKILL');
      }
    }
  });
  await exited;
  expect(child.signalCode).toBe('SIGKILL');
  return readyMs;
}

/** The first one of a machine tells what it began with: nothing older than what is known may be the newest. */
function heardCommit(one: Known, commit: Commit, isFirst: boolean): void {
  const last = one.commits.at(-1);
  if (commit.digest === last?.digest) {
    one.commits[one.commits.length - 1] = { ...last, frame: commit.frame };
    return;
  }
  if (isFirst && one.commits.some(({ digest }) => digest === commit.digest)) {
    throw new Error('a commit that was told is lost');
  }
  one.commits.push(commit);
}

function digestIn(dataDir: string, databaseId: string): string {
  return digestOf(withoutCounter(readFileSync(path.join(databaseFolder(dataDir, databaseId), PRIMARY_FILE))));
}
