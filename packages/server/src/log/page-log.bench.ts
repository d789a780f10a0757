/**
 * What the log adds to a commit: one-row commits with and without it, in turns, at `synchronous = FULL`.
 * `node packages/cli/bin/node26.mjs packages/server/src/log/page-log.bench.ts`
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { PageLog } from './page-log.ts';

const ROUNDS = 15;
const COMMITS = 400;
const CHECKPOINT_FRAMES = 1_000;

interface Side {
  readonly insert: () => void;
  readonly close: () => void;
}

const folder = mkdtempSync(path.join(tmpdir(), 'skerry-bench-'));
const bare = openSide('bare', false);
const logged = openSide('logged', true);
const ratios: number[] = [];
/** Where other work keeps the machine busy, the median says more of the log than the ratio. */
const pollsUs: number[] = [];
let [bareUs, loggedUs] = [0, 0];
for (let round = 0; round < ROUNDS; round += 1) {
  bareUs = timePerCommitUs(bare);
  loggedUs = timePerCommitUs(logged);
  ratios.push(loggedUs / bareUs);
}
ratios.sort((a, b) => a - b);
const [median = 0] = ratios.slice(ROUNDS >> 1);
process.stdout.write(
  `bare ${bareUs.toFixed(1)} us, with log ${loggedUs.toFixed(1)} us per commit; ratio: median ${median.toFixed(3)}, ` +
    `lowest ${ratios.at(0)?.toFixed(3)}, highest ${ratios.at(-1)?.toFixed(3)}; ` +
    `the log itself takes ${pollsUs.sort((a, b) => a - b)[pollsUs.length >> 1]?.toFixed(1)} us of a commit (median)\n`,
);
bare.close();
logged.close();
rmSync(folder, { recursive: true });

function openSide(name: string, isLogged: boolean): Side {
  const databasePath = path.join(folder, `${name}.db`);
  const db = new DatabaseSync(databasePath);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL; CREATE TABLE t (a, b)');
  const retention = { maxBytes: 64 * 1024 * 1024, maxAgeMs: 86_400_000 };
  const log = isLogged ? new PageLog({ databasePath, folder: path.join(folder, `${name}.log`), retention }) : undefined;
  const insert = db.prepare('INSERT INTO t VALUES (?, randomblob(100))');
  let commits = 0;
  return {
    insert() {
      commits += 1;
      insert.run(commits);
      const polledMs = performance.now();
      log?.poll();
      if (log !== undefined) {
        pollsUs.push((performance.now() - polledMs) * 1000);
      }
      if (log === undefined && commits % (CHECKPOINT_FRAMES / 2) === 0) {
        db.exec('PRAGMA wal_checkpoint(PASSIVE)');
      } else if (log !== undefined && log.walFrameCount >= CHECKPOINT_FRAMES) {
        log.checkpoint({ run: (sql) => db.exec(sql) });
      }
    },
    close() {
      db.close();
      log?.close();
    },
  };
}

function timePerCommitUs({ insert }: Side): number {
  const begunMs = performance.now();
  for (let commit = 0; commit < COMMITS; commit += 1) {
    insert();
  }
  return ((performance.now() - begunMs) * 1000) / COMMITS;
}
