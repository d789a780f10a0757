/**
 * What the log adds to a commit: one-row commits with and without it, at `synchronous = FULL`. Both sides commit a few at
 * a time in turns, so that what else the machine does meets both, and both checkpoint after as many commits.
 *
 * `npm run bench:log [-- rounds]`
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';

import { PageLog } from './page-log.ts';

const ROUNDS = Number(process.argv[2] ?? 400);
/** In turns. */
const COMMITS = 20;
const CHECKPOINT_COMMITS = 1_000;

interface Cost {
  readonly wallUs: number;
  readonly cpuUs: number;
}

class Side {
  readonly #db: DatabaseSync;
  readonly #log: PageLog | undefined;
  readonly #insert: () => void;
  /** Of each round, for one commit. */
  readonly commits: Cost[] = [];
  readonly checkpoints: Cost[] = [];

  constructor(folder: string, isLogged: boolean) {
    const databasePath = path.join(folder, `${isLogged}.db`);
    this.#db = new DatabaseSync(databasePath);
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL');
    this.#db.exec('CREATE TABLE t (a, b)');
    const retention = { maxBytes: 64 * 1024 * 1024, maxAgeMs: 86_400_000 };
    this.#log = isLogged
      ? new PageLog({ databasePath, folder: path.join(folder, 'log'), retention, isBaseIntact: true })
      : undefined;
    const insert = this.#db.prepare('INSERT INTO t VALUES (1, randomblob(100))');
    const log = this.#log;
    this.#insert =
      log === undefined
        ? () => void insert.run()
        : () => {
            insert.run();
            log.committed();
          };
  }

  commit(): void {
    const { wallUs, cpuUs } = costOf(() => {
      for (let commit = 0; commit < COMMITS; commit += 1) {
        this.#insert();
      }
    });
    this.commits.push({ wallUs: wallUs / COMMITS, cpuUs: cpuUs / COMMITS });
  }

  checkpoint(): void {
    const log = this.#log;
    const run = (sql: string): void => this.#db.exec(sql);
    this.checkpoints.push(
      costOf(() => (log === undefined ? run('PRAGMA wal_checkpoint(PASSIVE)') : log.checkpoint({ run }))),
    );
  }

  close(): void {
    this.#db.close();
    this.#log?.close();
  }
}

function costOf(run: () => void): Cost {
  const cpu = process.cpuUsage();
  const begunMs = performance.now();
  run();
  const wallUs = (performance.now() - begunMs) * 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { wallUs, cpuUs: user + system };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

const folder = mkdtempSync(path.join(tmpdir(), 'skerry-bench-'));
const [bare, logged] = [new Side(folder, false), new Side(folder, true)];
for (let round = 1; round <= ROUNDS; round += 1) {
  for (const side of round % 2 === 0 ? [bare, logged] : [logged, bare]) {
    side.commit();
    if ((round * COMMITS) % CHECKPOINT_COMMITS === 0) {
      side.checkpoint();
    }
  }
}
bare.close();
logged.close();
rmSync(folder, { recursive: true });

const ratio = median(logged.commits.map(({ wallUs }, round) => wallUs / (bare.commits[round]?.wallUs ?? 0)));
const of = (costs: readonly Cost[], kind: keyof Cost): number => median(costs.map((cost) => cost[kind]));
const commitUs = of(bare.commits, 'wallUs');
const line = (name: string, side: Side): string =>
  `${name} commit ${of(side.commits, 'wallUs').toFixed(1)} us, of which CPU ${of(side.commits, 'cpuUs').toFixed(1)} us; ` +
  `checkpoint of ${CHECKPOINT_COMMITS} commits ${(of(side.checkpoints, 'wallUs') / 1000).toFixed(1)} ms, ` +
  `of which CPU ${(of(side.checkpoints, 'cpuUs') / 1000).toFixed(1)} ms\n`;
const addedUs = of(logged.commits, 'cpuUs') - of(bare.commits, 'cpuUs');
process.stdout.write(
  `${line('bare:    ', bare)}${line('with log:', logged)}` +
    `a commit takes ${ratio.toFixed(3)} times as long; the log's CPU is ${addedUs.toFixed(1)} us, ` +
    `${((100 * addedUs) / commitUs).toFixed(1)} % of a bare commit\n`,
);
