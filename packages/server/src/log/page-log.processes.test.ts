/**
 * The log with more than one process: one that is killed at any moment, and one that works at the same time.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

import { expect, onTestFinished, test } from 'vitest';

import { BaseChanged } from './base.ts';
import { connect, Copy, Dice, newFolder, openLog, pathsIn, prepareTables, randomWork, writerOf } from './testing.ts';

const SEED = Number(process.env['SKERRY_FUZZ_SEED']);
const KILLS = Number(process.env['SKERRY_FUZZ_KILLS'] ?? 25);
const SHARED_STEPS = 600;

function startChild(folder: string, seed: number, mode: 'alone' | 'asked') {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'testing-child.ts'), folder, `${seed}`, mode], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { child, exited, lines: createInterface({ input: child.stdout }) };
}

test(`a process killed at any moment costs neither a commit nor a number (${KILLS} kills, seed ${SEED})`, async () => {
  const dice = new Dice(SEED);
  const folder = newFolder();
  const first = openFor(folder);
  const { id } = first.log;
  const follower = Copy.ofSnapshot(first.log);
  first.close();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { child, exited, lines } = startChild(folder, dice.roll(2 ** 31), 'alone');
    const untilLine = 1 + dice.roll(60);
    let acknowledged = 0;
    let count = 0;
    lines.on('line', (line) => {
      count += 1;
      if (line.startsWith('committed ')) {
        acknowledged = Number(line.slice('committed '.length));
      }
      if (count === untilLine) {
        child.kill('SIGKILL');
      }
    });
    await exited;
    const { db, log, close } = openFor(folder);
    follower.catchUp(log, 1 + dice.roll(200));
    const fromBase = Copy.ofBase(log);
    fromBase?.catchUp(log, 100);
    const truth = Buffer.from(db.serialize());
    const [row] = db.prepare('SELECT max(number) AS number FROM committed').all();
    expect({
      kill,
      id: log.id,
      followerAgrees: follower.image.equals(truth),
      baseAgrees: fromBase?.image.equals(truth) ?? true,
      everythingAcknowledgedIsThere: Number(row?.['number'] ?? 0) >= acknowledged,
    }).toEqual({ kill, id, followerAgrees: true, baseAgrees: true, everythingAcknowledgedIsThere: true });
    close();
  }
});

test('a base over which another process checkpoints is not read any further', async () => {
  const folder = newFolder();
  const { db, log, close } = openFor(folder);
  db.exec('CREATE TABLE other (a); INSERT INTO other VALUES (randomblob(9000))');
  log.checkpoint(writerOf(db));
  const base = log.openBase();
  const page = Buffer.alloc(log.pageSizeBytes);
  base?.read(page, 0);
  const { child, exited, lines } = startChild(folder, SEED, 'asked');
  const answers = lines[Symbol.asyncIterator]();
  await answers.next();
  for (const step of ['work', 'checkpoint']) {
    child.stdin.write(`${step}\n`);
    for (let line = await answers.next(); line.value !== 'done'; line = await answers.next()) {
      // Every other line tells what the child is about to do.
    }
  }
  expect(() => base?.read(page, 0)).toThrow(BaseChanged);
  base?.close();
  child.stdin.end();
  await exited;
  close();
});

test(`two processes that write, checkpoint and reopen in turns see the same log (seed ${SEED})`, async () => {
  const dice = new Dice(SEED);
  const folder = newFolder();
  const { db, log, close } = openFor(folder);
  const { id } = log;
  const follower = Copy.ofSnapshot(log);
  const { child, exited, lines } = startChild(folder, SEED, 'asked');
  const answers = lines[Symbol.asyncIterator]();
  const untilLine = async (wanted: string): Promise<void> => {
    for (let line = await answers.next(); line.done !== true && line.value !== wanted; line = await answers.next()) {
      // Every other line tells what the child is about to do.
    }
  };
  await untilLine('ready');
  prepareTables(db);
  const differing: number[] = [];
  for (let step = 0; step < SHARED_STEPS && differing.length === 0; step += 1) {
    const chance = dice.roll(20);
    if (chance < 9) {
      randomWork(db, dice);
    } else if (chance < 10) {
      log.checkpoint(writerOf(db));
    } else {
      child.stdin.write(chance < 18 ? 'work\n' : chance < 19 ? 'checkpoint\n' : 'reopen\n');
      await untilLine('done');
    }
    log.poll();
    follower.catchUp(log, 1 + dice.roll(200));
    if (!follower.image.equals(db.serialize())) {
      differing.push(step);
    }
  }
  expect(differing).toEqual([]);
  expect(log.id).toBe(id);
  child.stdin.end();
  await exited;
  close();
});

function openFor(folder: string) {
  const db = connect(pathsIn(folder).databasePath);
  db.exec('CREATE TABLE IF NOT EXISTS committed (number INTEGER PRIMARY KEY)');
  const log = openLog(folder);
  const close = (): void => {
    db.close();
    log.close();
  };
  return { db, log, close };
}
