/**
 * A namespace as it was, by sqld's fork with a timestamp.
 *
 * sqld 0.24 damages the source when it reads the generation that is still being written: the restore takes the folder away
 * in which the source's next batches are put before they are stored (`upload_remaining_files` in its
 * `bottomless/src/replicator.rs`), and from then on the source stores nothing and closes no generation. So the generation is
 * closed first, by a checkpoint, and nothing is forked while it is not.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Logger } from 'pino';

import { AdminRefusal, type AdminApi } from './admin-api.ts';
import type { BottomlessHistory, Generation } from './bottomless.ts';

export interface ForkParts {
  readonly admin: AdminApi;
  readonly history: BottomlessHistory;
  readonly log: Logger;
}

/** For a source that is never without an open transaction, or cannot be opened because so many are. */
const CLOSING_PATIENCE_MS = 30_000;
/** Between a checkpoint and the first object of the generation that follows. */
const STORING_PATIENCE_MS = 2_000;
const LOOK_MS = 50;

/**
 * Makes the target, with nothing in it that was committed after the time.
 *
 * @throws SkerryError restore_not_stored; the target may be there then
 */
export async function forkAsOf(parts: ForkParts, source: string, target: string, atMs: number): Promise<void> {
  const { admin, history } = parts;
  // A second's last batch may have been closed at its end, so only seconds that had ended hold nothing of later.
  const second = Math.floor(atMs / 1000) - 1;
  const generation = (await history.generations(source)).find((one) => one.second <= second);
  if (generation === undefined) {
    throw notStored('nothing of that time is stored');
  }
  const isClosed = await close(parts, source, generation);
  await admin.fork(source, target, new Date(second * 1000));
  if (!isClosed) {
    await checkUnharmed(parts, source, generation);
  }
  // Only now: before it reads, sqld stores what it had not stored yet.
  if (!(await history.hasAllUpTo(source, generation.id, second))) {
    throw notStored('what is stored of it has a gap');
  }
}

/** Answers false when the generation goes on, but has nothing yet, so that there is nothing to damage. */
async function close(parts: ForkParts, source: string, generation: Generation): Promise<boolean> {
  const { admin, history } = parts;
  const patience = performance.now() + CLOSING_PATIENCE_MS;
  while (!(await isClosed(history, source, generation))) {
    if (performance.now() > patience) {
      throw notStored('a transaction that is open on the database keeps its history from being read');
    }
    const storing = performance.now() + STORING_PATIENCE_MS;
    if (!(await checkpoint(admin, source))) {
      await pause(LOOK_MS);
      continue;
    }
    while (performance.now() < storing && !(await isClosed(history, source, generation))) {
      await pause(LOOK_MS);
    }
    if (performance.now() >= storing && (await history.batches(source, generation.id)).length === 0) {
      return false;
    }
  }
  return true;
}

async function isClosed(history: BottomlessHistory, source: string, { id }: Generation): Promise<boolean> {
  const [newest] = await history.generations(source);
  return newest !== undefined && newest.id !== id;
}

/** Answers false when the server is too busy for it. */
async function checkpoint(admin: AdminApi, namespace: string): Promise<boolean> {
  try {
    await admin.stats(namespace);
    await admin.checkpoint(namespace);
    return true;
  } catch (error) {
    if (!(error instanceof AdminRefusal)) {
      throw error;
    }
    // What SQLite says for a batch that could not be put into its folder.
    if (error.body.includes('disk I/O error')) {
      throw notStored('its server has stopped to store what the database commits, until it is started again', error);
    }
    if (error.status === 429 || error.status === 500) {
      return false;
    }
    throw error;
  }
}

/** It began to be written meanwhile, perhaps before sqld looked for its folder. */
async function checkUnharmed({ admin, history, log }: ForkParts, source: string, { id }: Generation): Promise<void> {
  if ((await history.batches(source, id)).length > 0) {
    await checkpoint(admin, source).catch((error: unknown) => {
      log.error(
        { databaseId: source, err: error },
        'an sqld server has stopped to store what a database commits: start it again',
      );
    });
  }
}

function notStored(problem: string, cause?: unknown): SkerryError {
  return new SkerryError('restore_not_stored', { problem }, { cause });
}
