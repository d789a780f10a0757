/**
 * The past of a database whose process is killed, again and again, amid commits, checkpoints, dropped segments and copies.
 * `SKERRY_PAST_CRASHES` makes it longer, `SKERRY_FUZZ_SEED` repeats the choices of a run.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

import { expect, test } from 'vitest';

import { FramesGone } from './frames-gone.ts';
import type { PageLog } from './page-log.ts';
import {
  connect,
  Dice,
  digestOf,
  newFolder,
  openLog,
  PAST_RETENTION,
  pathsIn,
  prepareTables,
  writerOf,
} from './testing.ts';

const SEED = Number(process.env['SKERRY_FUZZ_SEED']);
const CRASHES = Number(process.env['SKERRY_PAST_CRASHES'] ?? 25);
/** Then another database: what has happened to one is short enough to understand. */
const CRASHES_OF_A_FOLDER = 50;
const RESTORES = 3;

interface Moment {
  readonly frame: number;
  readonly ms: number;
  readonly digest: string;
}

test(
  `after a kill at any moment each instant of the window gives the database as it was then (${CRASHES} kills, seed ${SEED})`,
  { timeout: 60_000 + CRASHES * 10_000 },
  async () => {
    const dice = new Dice(SEED);
    let [folder, moments, id]: [string, Moment[], string] = ['', [], ''];
    let [restores, dropped] = [0, 0];
    for (let crash = 0; crash < CRASHES; crash += 1) {
      if (crash % CRASHES_OF_A_FOLDER === 0) {
        folder = newFolder();
        ({ moments, id } = begin(folder));
      }
      moments.push(...(await momentsUntilKilled(folder, dice)));
      const db = connect(pathsIn(folder).databasePath);
      const log = openLog(folder, PAST_RETENTION);
      const truth = digestOf(Buffer.from(db.serialize()));
      const last = moments.at(-1);
      expect({ crash, id: log.id, isLost: log.position < (last?.frame ?? 0) }).toEqual({ crash, id, isLost: false });
      if (log.position > (last?.frame ?? 0)) {
        // Committed, and killed before it could tell.
        moments.push({ frame: log.position, ms: Date.now(), digest: truth });
      }
      expect({ crash, digest: moments.at(-1)?.digest }).toEqual({ crash, digest: truth });
      const kept = moments.filter(({ frame }) => frame >= log.completeFrom.frame);
      dropped += moments.length - kept.length;
      for (const gone of moments.filter(({ frame }) => frame < log.completeFrom.frame).slice(0, 1)) {
        expect(() => log.imageAt(gone.frame)).toThrow(FramesGone);
      }
      moments = kept;
      for (let restore = 0; restore < RESTORES && moments.length > 0; restore += 1) {
        const wanted = moments[dice.roll(moments.length)];
        const frame = log.frameAt(wanted?.ms ?? 0);
        const digest = await digestAt(log, wanted?.frame ?? 0, folder);
        expect({ crash, frame, digest }).toEqual({ crash, frame: wanted?.frame, digest: wanted?.digest });
        restores += 1;
      }
      db.close();
      log.close();
    }
    expect(restores).toBeGreaterThan(CRASHES);
    // The window moved, so restores met its edge.
    expect(dropped).toBeGreaterThan(0);
  },
);

function begin(folder: string): { moments: Moment[]; id: string } {
  const db = connect(pathsIn(folder).databasePath);
  const log = openLog(folder, PAST_RETENTION);
  prepareTables(db);
  log.poll();
  log.checkpoint(writerOf(db));
  const { id, position } = log;
  const digest = digestOf(Buffer.from(db.serialize()));
  db.close();
  log.close();
  return { id, moments: [{ frame: position, ms: Date.now(), digest }] };
}

/** What the process told before it was killed. */
async function momentsUntilKilled(folder: string, dice: Dice): Promise<Moment[]> {
  const program = path.join(import.meta.dirname, 'testing-past-child.ts');
  const child = spawn(process.execPath, [program, folder, `${dice.roll(2 ** 31)}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const untilLine = 1 + dice.roll(30);
  const told: Moment[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [frame, ms, digest = ''] = line.split(' ');
    told.push({ frame: Number(frame), ms: Number(ms), digest });
    if (told.length === untilLine) {
      child.kill('SIGKILL');
    }
  });
  await exited;
  expect(child.signalCode).toBe('SIGKILL');
  return told;
}

async function digestAt(log: PageLog, frame: number, folder: string): Promise<string> {
  const target = path.join(folder, 'image.tmp');
  const fd = openSync(target, 'w');
  const image = log.imageAt(frame);
  try {
    await image.writeTo(fd);
  } finally {
    image.close();
    closeSync(fd);
  }
  return digestOf(readFileSync(target));
}
